"""Rows out of JSON of every shape: lines, arrays, indented objects one after the other, pages around a list."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from topicsmith.records import Dropped
from topicsmith.traces.base import AS_UTF8, NOT_JSON, NOT_UTF8, TOO_DEEP, TOO_LARGE, Row, SourceError
from topicsmith.traces.files.json_documents import DEEP, begins_page, document_rows, value_rows
from topicsmith.traces.files.json_stream import JsonText, parse_json
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import CHUNK, MAX_ROW_BYTES, UntilCut, chunks, lines
from topicsmith.traces.files.wrappers import conversation_in, unwrapped

_BOM = codecs.BOM_UTF8
_INDENTED = re.compile(rb"\n\{\r?\n[ \t]")
"""What JSON lines never have, and indented objects one after the other do."""


def json_rows(source: Source) -> Iterator[Row | Dropped]:
    """The rows of a file that holds JSON; one that cannot be read is a :class:`Dropped`, and reading goes on.

    Raises:
        SourceError: when the file is empty or something else, or the rest of it cannot be read.
    """
    pieces = UntilCut(chunks(source))
    head, held, is_blank = b"", list[bytes](), True
    for piece in pieces:
        held.append(piece)
        is_blank = is_blank and not piece.removeprefix(_BOM).strip()
        if is_blank:
            continue
        head = b"".join(held)
        held = [head]
        if b"\n" in head.strip() or len(head) >= CHUNK:
            break
    text = head.removeprefix(_BOM)
    start = text.lstrip()
    if not start and pieces.cut is None:
        raise SourceError(source.name, 0, "is empty", "check what wrote it")
    rest = chain((text,), pieces)
    try:
        if _are_lines(start, source.kind):
            yield from _line_rows(source.name, lines(rest), pieces)
        else:
            yield from document_rows(source.name, JsonText(rest))
    except SourceError:
        if pieces.cut is None:
            raise
    pieces.check()


def _are_lines(start: bytes, kind: str) -> bool:
    """Whether each line is a value of its own, by the first of them."""
    line, end, rest = start.partition(b"\n")
    if start.startswith(b"["):
        return _is_conversation(line) if end else False
    if _INDENTED.search(start):
        return False
    if _is_whole(line.rstrip().rstrip(b",")):
        return kind != ".json" or bool(rest.strip())
    if kind == ".json" or not start.startswith(b"{"):
        return kind != ".json" and b"\r" not in line.strip()
    return not _goes_on(start, line, bool(end))


def _goes_on(start: bytes, line: bytes, has_end: bool) -> bool:
    """Whether the first value, which begins on ``line`` and is not all of it, is to be read as one of a document."""
    text = JsonText(iter((start,)))
    try:
        text.value()
    except (ValueError, RecursionError) as exc:
        if len(start) < CHUNK or not text.may_go_on(exc):
            return len(line) <= 2  # just the bracket with which an indented object begins
        return has_end or begins_page(JsonText(iter((start,))))
    return True  # it goes on over several lines, or another follows it on the same one


def _is_whole(line: bytes) -> bool:
    try:
        parse_json(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_conversation(line: bytes) -> bool:
    """Whether the first line is a whole array of messages, so that the lines are conversations."""
    try:
        value = parse_json(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) and conversation_in(value) is not None


def _line_rows(name: str, numbered: Iterator[tuple[int, bytes | None]], pieces: UntilCut) -> Iterator[Row | Dropped]:
    for number, line in numbered:
        if line is None:
            yield Dropped(name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
        elif line and not line.isspace():
            whole = pieces.cut is None or _is_whole(line)
            before_the_cut = [] if whole else [r for r in _page_rows(name, number, line) if isinstance(r, Row)]
            yield from before_the_cut or _line(name, number, line)


def _line(name: str, number: int, text: bytes) -> Iterator[Row | Dropped]:
    try:
        value = parse_json(text)
    except RecursionError:
        yield Dropped(name, number, TOO_DEEP, DEEP)
    except ValueError as exc:
        several = _values(text)
        rows = [row for one in several for row in value_rows(name, number, one)] or _page_rows(name, number, text)
        if rows:
            yield from rows
        elif not _is_utf8(text):
            yield Dropped(name, number, NOT_UTF8, AS_UTF8)
        else:
            yield Dropped(name, number, NOT_JSON, str(exc))
    else:
        if type(value) is dict and not unwrapped(value):  # nearly every line
            yield Row(name, number, value)
        else:
            yield from value_rows(name, number, value)


def _values(text: bytes) -> list[object]:
    """The values on a line that has several, or one with a comma after it; none where anything else stands there."""
    window, found = JsonText(iter((text,))), list[object]()
    try:
        while window.head():
            found.append(window.value())
    except (ValueError, RecursionError):
        return []
    return found if all(isinstance(value, dict | list) for value in found) else []


def _page_rows(name: str, number: int, text: bytes) -> list[Row | Dropped]:
    """The rows of a page on a line with something wrong in it; none where it is no page."""
    if not begins_page(JsonText(iter((text,)))):
        return []
    found: list[Row | Dropped] = []
    try:
        for row in document_rows(name, JsonText(iter((text,)))):
            found.append(replace(row, number=number) if isinstance(row, Row) else replace(row, row=number))  # noqa: PERF401  # those before a fault are kept
    except SourceError as exc:
        found.append(Dropped(name, number, exc.reason, exc.detail))
    return found


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
