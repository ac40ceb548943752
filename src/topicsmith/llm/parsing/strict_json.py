"""JSON by the letter of RFC 8259; a repeated key, which the standard leaves open, is refused."""

import json
import re
from typing import Never

from topicsmith.surrogates import without_surrogates


class NotJson(Exception):  # noqa: N818  # private to reading replies, never reaches a user
    """What stands here is no object, or cannot be read without guessing.

    ``fatal`` when nothing around it may be read either; ``conflict`` when that is because it says two things.
    """

    def __init__(self, why: str, *, fatal: bool = False, conflict: bool = False) -> None:
        super().__init__(why)
        self.fatal = fatal
        self.conflict = conflict


class _DuplicateKeyError(ValueError):
    """An object has a key twice."""


def read_strict(text: str, start: int) -> tuple[object, int]:
    """The value that begins at ``start``, and where it ends; half a surrogate pair in it becomes U+FFFD.

    Raises:
        ValueError: when it is not JSON.
        NotJson: fatal, when an object repeats a key, or it nests too deeply.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
        return _whole(value) if _SURROGATE.search(text, start, end) else value, end
    except _DuplicateKeyError as exc:
        raise NotJson(f"duplicate key {str(exc)[:80]!r}", fatal=True, conflict=True) from None
    except RecursionError:
        raise NotJson("nested too deeply", fatal=True) from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(key)
        found[key] = value
    return found


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")


def _whole(value: object) -> object:
    """``value`` as tables, JSON and terminals can hold it."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


_SURROGATE = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
