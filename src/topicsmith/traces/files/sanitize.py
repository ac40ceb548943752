"""Text and metadata as they can be stored: NUL and lone surrogates replaced and counted, large fields cut."""

import re
from collections.abc import Mapping

import orjson

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
MAX_FIELD_BYTES = 8192
"""A metadata field whose JSON is longer is replaced by a note of its length."""

_MAX_DEPTH = 100


def storable(text: str) -> tuple[str, int]:
    """``text`` with what no file or tokenizer can hold replaced by U+FFFD, and how many characters that were."""
    if text.isascii() and "\0" not in text:
        return text, 0
    return _UNSTORABLE.subn("\ufffd", text)


def storable_metadata(metadata: Mapping[str, object]) -> tuple[dict[str, object], int]:
    """``metadata`` as plain JSON data with each field at most ``MAX_FIELD_BYTES``, and how many fields were cut."""
    kept: dict[str, object] = {}
    cut = 0
    for key, value in metadata.items():
        name = storable(str(key))[0]
        if isinstance(value, str) and len(value) * 4 <= MAX_FIELD_BYTES:
            kept[name] = storable(value)[0]
            continue
        if value is None or isinstance(value, bool | float):
            kept[name] = value
            continue
        plain, size = _plain(value)
        if size > MAX_FIELD_BYTES:
            cut += 1
            kept[name] = f"[{size:,} bytes left out]"
        else:
            kept[name] = plain
    return kept, cut


def _plain(value: object) -> tuple[object, int]:
    try:
        text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a lone surrogate, a number beyond 64 bits, or too deep for orjson
        value = _cleaned(value, _MAX_DEPTH)
        text = orjson.dumps(value, default=str)
    return (orjson.loads(text) if len(text) <= MAX_FIELD_BYTES else None), len(text)


def _cleaned(value: object, depth: int) -> object:
    if depth == 0:
        return "[nested too deeply]"
    if isinstance(value, str):
        return storable(value)[0]
    if isinstance(value, Mapping):
        return {storable(str(key))[0]: _cleaned(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item, depth - 1) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value
