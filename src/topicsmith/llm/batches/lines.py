"""Files of results, one JSON object a line, of which as much is read as can be: what they hold is paid for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from topicsmith.llm.http import CutOff

_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def json_lines(data: bytes) -> Iterator[dict[str, Any] | None]:
    """The objects of a JSON Lines file, ``None`` for what is none: one torn line loses no other.

    Read as well: UTF-16, a mark of the byte order, lines in Windows' encoding, two objects on a line, half a surrogate.
    """
    for line in _as_utf8(data).split(b"\n"):
        if line.strip():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                yield from _leniently(line)
            else:
                yield value if isinstance(value, dict) else None


def fetched_lines(fetch: Callable[[], bytes]) -> Iterator[dict[str, Any] | None]:
    """The objects of a file that ``fetch`` brings; those before the break of one that breaks off, and then the error.

    Raises:
        CutOff: behind what was read of it.
    """
    try:
        data = fetch()
    except CutOff as failure:
        yield from json_lines(failure.part)
        raise
    yield from json_lines(data)


def _as_utf8(data: bytes) -> bytes:
    """``data`` out of UTF-16, which every second byte of JSON with English keys gives away."""
    even, odd = (data[place:4096:2].count(0) for place in (0, 1))
    if max(even, odd) * 4 < min(len(data), 4096) or min(even, odd) * 4 > max(even, odd):
        return data
    return data.decode("utf-16-be" if even > odd else "utf-16-le", "replace").encode("utf-8", "replace")


def _leniently(line: bytes) -> Iterator[dict[str, Any] | None]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    rest = text.strip(" \t\r\ufeff")
    while rest:
        try:
            value, end = _LENIENT.raw_decode(rest)
        except (ValueError, RecursionError):
            yield None
            return
        yield value if isinstance(value, dict) else None
        rest = rest[end:].lstrip(" \t\r,")


def as_json(value: object) -> bytes:
    """``value`` as JSON, half a surrogate pair in a text as an escape."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
