"""JSON that we read back: one reader for every document that may have been edited, torn or made by others.

Whatever stands in a file, of another type, depth, size or encoding, ends in one line with its place and the cure.
"""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from topicsmith.errors import RunStateError, StorageError, TopicsmithError
from topicsmith.plain_files import read_plain

T = TypeVar("T")

DEEPEST = 64
"""How deep lists and mappings may stand inside each other; what we write goes to about ten."""
MOST_BYTES = 256 * 1024 * 1024
RUN_AGAIN = "remove it and run again"
COPY_AGAIN = "copy the folder again"
_LONGEST_SAID = 300
_FAILING = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})


def parse_json(data: bytes, where: object, error: type[TopicsmithError] = RunStateError, cure: str = RUN_AGAIN) -> Any:
    """The value of JSON ``data``; ``where`` it stands and the ``cure`` are named in errors.

    ``NaN`` and infinities, which Python and some model folders write, are let through as numbers.

    Raises:
        TopicsmithError: as ``error``, when it is no JSON, is nested too deeply, or holds text that cannot be written.
    """
    if len(data) > MOST_BYTES:
        raise error(f"{where}: is larger than {MOST_BYTES // 1024**2} MiB; {cure}")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as refused:
        value = _leniently(data, where, error, cure, refused)
    if _deeper(value):
        raise error(f"{where}: is nested more than {DEEPEST} deep; {cure}")
    return value


def _leniently(data: bytes, where: object, error: type[TopicsmithError], cure: str, refused: Exception) -> Any:
    """What Python reads and orjson does not: NaN, infinities, numbers of any size."""
    try:
        value = json.loads(data.decode())
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise error(f"{where}: is nested more than {DEEPEST} deep; {cure}") from None
    except UnicodeEncodeError:
        raise error(f"{where}: holds half of a surrogate pair, which is no text; {cure}") from None
    except ValueError:
        raise error(f"{where}: not JSON ({str(refused)[:_LONGEST_SAID]}); {cure}") from None
    return value


def _deeper(value: object) -> bool:
    """Whether ``value`` is nested deeper than allowed, found level by level and without recursion."""
    level: list[Any] = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        inner = (item for each in level for item in (each.values() if isinstance(each, dict) else each))
        level = [item for item in inner if isinstance(item, (dict, list))]
    return bool(level)


def read_json(path: Path, error: type[TopicsmithError] = RunStateError, cure: str = RUN_AGAIN) -> Any:
    """The value in the JSON file ``path``.

    Raises:
        FileNotFoundError: when there is none.
        TopicsmithError: as ``error``, when it cannot be read or :func:`parse_json` refuses it.
    """
    try:
        data = read_plain(path, MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as exc:
        failing = StorageError if exc.errno in _FAILING else error
        raise failing(f"{path}: cannot be read ({exc.strerror or exc}); {cure}") from None
    except ValueError as exc:
        raise error(f"{path}: cannot be read ({exc}); {cure}") from None
    return parse_json(data, path, error, cure)


def checked(
    shape: type[T], document: object, where: object, error: type[TopicsmithError] = RunStateError, cure: str = RUN_AGAIN
) -> T:
    """``document`` as ``shape``: a record, or with ``dict[str, list[str]]`` and the like plain data of that form.

    Raises:
        TopicsmithError: as ``error``, naming the place in the document that is of another form.
    """
    try:
        return TypeAdapter(shape).validate_python(document)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:_LONGEST_SAID] or "the document"
        raise error(f"{where}: {place}: {first['msg']}; was it written by another version? {cure}") from None


@contextmanager
def interpreting(where: object, error: type[TopicsmithError] = RunStateError, cure: str = RUN_AGAIN) -> Iterator[None]:
    """Around code that takes a foreign document apart: whatever it stumbles over is the document's fault.

    Raises:
        TopicsmithError: as ``error``; our own errors, and those of memory and disk, pass as they are.
    """
    try:
        yield
    except (TopicsmithError, MemoryError):
        raise
    except Exception as exc:
        if isinstance(exc, OSError) and exc.errno in _FAILING:
            raise
        said = " ".join(f"{type(exc).__name__}: {exc}".split())[:_LONGEST_SAID]
        raise error(f"{where}: cannot be used ({said}); {cure}") from exc
