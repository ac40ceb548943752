"""Rows out of JSON lines, JSON arrays, CSV and Parquet, one at a time, whatever is wrong with the file."""

import codecs
import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import NOT_AN_OBJECT, NOT_JSON, TOO_DEEP, TOO_LARGE, ColumnFormat, Row, SourceError
from topicsmith.traces.files.json_stream import array_items, parse_json
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import MAX_ROW_BYTES, chunks, lines

WRAPPERS = ("data", "runs", "traces", "observations", "rows")
"""Keys under which an API answer or an export may hold its list."""

_BODIES = ("content", "tool_calls", "function_call")
_BOM = codecs.BOM_UTF8


def read_rows(source: Source, wanted: ColumnFormat | None, settings: TraceSettings) -> Iterator[Row | Dropped]:
    """The rows of ``source``; a row that cannot be read is a :class:`Dropped`.

    Raises:
        SourceError: when the file, or the rest of it, cannot be read.
    """
    if source.kind == ".parquet":
        from topicsmith.traces.files.parquet import parquet_rows

        return parquet_rows(source, wanted, settings)
    if source.kind in {".csv", ".tsv"}:
        from topicsmith.traces.files.csv_rows import csv_rows

        return csv_rows(source)
    return _json_rows(source)


def first_rows(source: Source, count: int, settings: TraceSettings) -> list[Row | Dropped]:
    """The first ``count`` rows, to see what they are.

    Raises:
        SourceError: when the file cannot be read.
    """
    if source.kind == ".parquet":
        from topicsmith.traces.files.parquet import parquet_head

        return list(parquet_head(source, count))
    return list(islice(read_rows(source, None, settings), count))


def _json_rows(source: Source) -> Iterator[Row | Dropped]:
    pieces = chunks(source)
    head = b""
    for piece in pieces:
        head += piece
        if head.removeprefix(_BOM).strip():
            break
    start = head.removeprefix(_BOM).lstrip()
    if not start:
        raise SourceError(source.name, 0, "is empty", "check what wrote it")
    if start.startswith(b"PAR1"):
        raise SourceError(source.name, 0, "is a Parquet file", "give it the suffix .parquet")
    rest = chain((head.removeprefix(_BOM),), pieces)
    if start.startswith(b"[") and not _is_conversation_line(start):
        return _array_rows(source.name, array_items(source.name, rest))
    if source.kind == ".json":
        return _document_rows(source, rest)
    return _line_rows(source, lines(rest))


def _array_rows(name: str, items: Iterator[object]) -> Iterator[Row | Dropped]:
    """The items of an array as rows, or the one conversation that the array is."""
    first = next(items, None)
    if first is None:
        return
    everything = chain((first,), items)
    if _is_message(first):
        yield _conversation(name, everything)
        return
    for number, item in enumerate(everything, 1):
        yield _row(name, number, item)


def _conversation(name: str, items: Iterator[object]) -> Row | Dropped:
    messages: list[object] = []
    size = 0
    for item in items:
        messages.append(item)
        size += len(json.dumps(item))
        if size > MAX_ROW_BYTES:
            return Dropped(name, 1, TOO_LARGE, f"one conversation of over {MAX_ROW_BYTES:,} bytes")
    return _row(name, 1, messages)


def _is_conversation_line(head: bytes) -> bool:
    """Whether the first line is a whole array of messages, so that the lines are conversations."""
    line, end, _ = head.partition(b"\n")
    try:
        value = parse_json(line) if end else None
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) and bool(value) and all(map(_is_message, value))


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and not value.keys().isdisjoint(_BODIES)


def _line_rows(source: Source, numbered: Iterator[tuple[int, bytes | None]]) -> Iterator[Row | Dropped]:
    for number, line in numbered:
        if line is None:
            yield Dropped(source.name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
        elif line and not line.isspace():
            yield _parsed(source.name, number, line)


def _parsed(name: str, number: int, text: bytes) -> Row | Dropped:
    try:
        value = parse_json(text)
    except RecursionError:
        return Dropped(name, number, TOO_DEEP, "brackets nest deeper than a conversation can")
    except ValueError as exc:
        return Dropped(name, number, NOT_JSON, str(exc))
    return _row(name, number, value)


def _row(name: str, number: int, value: object) -> Row | Dropped:
    if isinstance(value, dict):
        return Row(name, number, value)
    if isinstance(value, list) and value and all(map(_is_message, value)):
        return Row(name, number, {"messages": value})
    return Dropped(name, number, NOT_AN_OBJECT, f"a {type(value).__name__}, where an object was expected")


def _document_rows(source: Source, pieces: Iterator[bytes]) -> Iterator[Row | Dropped]:
    """A ``.json`` file that starts with an object: one object, a wrapper around a list, or JSON lines after all."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > MAX_ROW_BYTES:
            yield from _line_rows(source, lines(chain(held, pieces)))
            return
    text = b"".join(held)
    try:
        value = parse_json(text)
    except RecursionError:
        yield Dropped(source.name, 1, TOO_DEEP, "brackets nest deeper than a conversation can")
        return
    except ValueError as exc:
        if b"\n" not in text.strip():
            yield Dropped(source.name, 1, NOT_JSON, str(exc))
            return
        yield from _line_rows(source, lines(iter((text,))))
        return
    items = _wrapped(value)
    if items is None:
        yield _row(source.name, 1, value)
    else:
        for number, item in enumerate(items, 1):
            yield _row(source.name, number, item)


def _wrapped(value: object) -> list[object] | None:
    if not isinstance(value, Mapping) or "id" in value or "input" in value or "messages" in value:
        return None
    for key in WRAPPERS:
        inside = value.get(key)
        if isinstance(inside, list) and inside and isinstance(inside[0], dict):
            return inside
    return None
