"""Rows out of JSON of every shape: lines, arrays, indented objects one after the other, pages around a list."""

import codecs
import json
from collections.abc import Iterator, Mapping
from itertools import chain

from topicsmith.records import Dropped
from topicsmith.traces.base import (
    NOT_AN_OBJECT,
    NOT_JSON,
    NOT_UTF8,
    TOO_DEEP,
    TOO_LARGE,
    Row,
    SourceError,
)
from topicsmith.traces.conversations.roles import known_role, written_role
from topicsmith.traces.files.json_stream import JsonText, NotUTF8Error, TooLargeError, parse_json
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import CHUNK, MAX_ROW_BYTES, chunks, lines
from topicsmith.traces.files.wrappers import conversation_in, is_bare_message, unwrapped

_BOM = codecs.BOM_UTF8
_LIST_KEYS_DEPTH = 2
AS_UTF8 = "it looks like Windows-1252 or Latin-1; save the file as UTF-8"


def json_rows(source: Source) -> Iterator[Row | Dropped]:
    """The rows of a file that holds JSON; one that cannot be read is a :class:`Dropped`, and reading goes on.

    Raises:
        SourceError: when the file is empty or something else, or the rest of it cannot be read.
    """
    pieces = chunks(source)
    head = b""
    cut: SourceError | None = None
    try:
        for piece in pieces:
            head += piece
            if head.removeprefix(_BOM).strip() and (b"\n" in head.strip() or len(head) >= CHUNK):
                break
    except SourceError as exc:
        cut = exc
    text = head.removeprefix(_BOM)
    start = text.lstrip()
    if not start:
        if cut is not None:
            raise cut
        raise SourceError(source.name, 0, "is empty", "check what wrote it")
    if start.startswith(b"PAR1"):
        raise SourceError(source.name, 0, "is a Parquet file", "give it the suffix .parquet")
    rest = chain((text,), pieces)
    if _are_lines(start, source.kind):
        yield from _line_rows(source.name, lines(rest))
    else:
        yield from _document_rows(source.name, JsonText(rest))
    if cut is not None:
        raise cut


def _are_lines(start: bytes, kind: str) -> bool:
    """Whether each line is a value of its own, by the first of them."""
    line, end, rest = start.partition(b"\n")
    if start.startswith(b"["):
        return _is_conversation(line) if end else False
    whole = _is_whole(line.rstrip().rstrip(b","))
    if kind == ".json":
        return whole and bool(rest.strip())
    if whole or not end or not start.startswith(b"{"):
        return whole or b"\r" not in line.strip()
    try:
        JsonText(iter((start,))).value()
    except (ValueError, RecursionError):
        return len(line) > 2  # more than the bracket with which an indented object begins
    return False


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


def _line_rows(name: str, numbered: Iterator[tuple[int, bytes | None]]) -> Iterator[Row | Dropped]:
    for number, line in numbered:
        if line is None:
            yield Dropped(name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
        elif line and not line.isspace():
            yield from _line(name, number, line)


def _line(name: str, number: int, text: bytes) -> Iterator[Row | Dropped]:
    try:
        value = parse_json(text)
    except RecursionError:
        yield Dropped(name, number, TOO_DEEP, "brackets nest deeper than a conversation can")
        return
    except ValueError as exc:
        bare = text.rstrip()
        if bare.endswith(b",") and _is_whole(bare[:-1]):
            yield from _line(name, number, bare[:-1])
        elif not _is_utf8(text):
            yield Dropped(name, number, NOT_UTF8, AS_UTF8)
        else:
            yield Dropped(name, number, NOT_JSON, str(exc))
        return
    if type(value) is dict and not unwrapped(value):  # nearly every line
        yield Row(name, number, value)
    else:
        yield from _rows(name, number, value)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rows(name: str, number: int, value: object) -> Iterator[Row | Dropped]:
    """The rows in one value: itself, those of the list it is wrapped around, a list's own, one conversation."""
    inside = unwrapped(value) if isinstance(value, Mapping) else value if isinstance(value, list) else None
    if inside is None:
        yield _row(name, number, value)
        return
    whole = conversation_in(inside)
    if whole is not None:
        yield Row(name, number, {"messages": whole})
    elif isinstance(value, list) and not any(isinstance(item, Mapping | list) for item in inside):
        yield _row(name, number, value)
    else:
        for item in inside:
            yield _row(name, number, item)


def _row(name: str, number: int, value: object) -> Row | Dropped:
    if isinstance(value, dict):
        return Row(name, number, value)
    if isinstance(value, list) and (whole := conversation_in(value)) is not None:
        return Row(name, number, {"messages": whole})
    return Dropped(name, number, NOT_AN_OBJECT, f"a {type(value).__name__}, where an object was expected")


def _document_rows(name: str, text: JsonText) -> Iterator[Row | Dropped]:
    """Values one after the other, whatever stands between them; of an array the items, of a page those of its list."""
    number = 0
    keys: frozenset[str] = frozenset()
    while head := text.head():
        if head not in "[{":
            cure = "check that the file is what its name says"
            raise SourceError(name, number + 1, NOT_JSON, cure, f"it goes on with {head!r}")
        in_array = head == "["
        found = _array_rows(name, text, number) if in_array else _object_rows(name, text, number + 1, keys)
        at = number
        for row in found:
            at = row.number if isinstance(row, Row) else row.row
            keys = frozenset(row.value) if isinstance(row, Row) else keys
            yield row
        number = max(at, number if in_array else number + 1)


def _object_rows(name: str, text: JsonText, number: int, keys: frozenset[str]) -> Iterator[Row | Dropped]:
    try:
        value = text.value()
    except TooLargeError:
        yield from _page_rows(name, text, number)
    except NotUTF8Error:
        yield Dropped(name, number, NOT_UTF8, AS_UTF8)
    except RecursionError:
        yield _skipped(name, text, number, keys, TOO_DEEP, "brackets nest deeper than a conversation can")
    except ValueError as exc:
        yield _skipped(name, text, number, keys, NOT_JSON, str(exc))
    else:
        for at, found in enumerate(_rows(name, number, value)):
            yield Row(name, number + at, found.value) if isinstance(found, Row) else found


def _skipped(name: str, text: JsonText, number: int, keys: frozenset[str], reason: str, detail: str) -> Dropped:
    """The bad value, stepped over.

    Raises:
        SourceError: when its end cannot be told, so that nothing after it can be read.
    """
    told = text.skip_brackets() if reason == TOO_LARGE else text.skip_value(keys)
    if not told:
        raise SourceError(name, number, reason, "mend or remove it: what follows is not read", detail)
    return Dropped(name, number, reason, detail)


def _array_rows(name: str, text: JsonText, before: int) -> Iterator[Row | Dropped]:
    """The items of an array as rows, numbered on from ``before``, or the one conversation that the array is."""
    text.skip(1)
    number, keys = before, frozenset[str]()
    conversation = _Conversation(name, before + 1)
    while (head := text.head()) != "]":
        number += 1
        if not head:
            raise SourceError(name, number, "JSON array cut short", "copy the file again")
        item = _item(name, text, number, keys)
        if isinstance(item, Dropped):
            yield item
            continue
        (value,) = item
        if is_bare_message(value) and (conversation.begun or number == before + 1):
            conversation.add(value)
            continue
        keys = frozenset(value) if isinstance(value, dict) else keys
        yield from _rows(name, number, value)
    text.skip(1)
    yield from conversation.rows()


def _item(name: str, text: JsonText, number: int, keys: frozenset[str]) -> tuple[object] | Dropped:
    """The value that comes next, or why there is none, stepped over."""
    try:
        return (text.value(),)
    except NotUTF8Error:
        return Dropped(name, number, NOT_UTF8, AS_UTF8)
    except TooLargeError as exc:
        return _skipped(name, text, number, keys, TOO_LARGE, str(exc))
    except RecursionError:
        return _skipped(name, text, number, keys, TOO_DEEP, "brackets nest deeper than a conversation can")
    except ValueError as exc:
        return _skipped(name, text, number, keys, NOT_JSON, str(exc))


class _Conversation:
    """A file that is one bare array of messages."""

    def __init__(self, name: str, number: int) -> None:
        self._name, self._number = name, number
        self._messages: list[object] = []
        self._size = 0
        self.begun = False

    def add(self, message: object) -> None:
        """Take the next message; beyond ``MAX_ROW_BYTES`` nothing more is held."""
        self.begun = True
        self._size += len(json.dumps(message))
        if self._size <= MAX_ROW_BYTES:
            self._messages.append(message)

    def rows(self) -> Iterator[Row | Dropped]:
        """The conversation; of several messages that are all a user's nothing says that they are one."""
        if self._size > MAX_ROW_BYTES:
            detail = f"one conversation of over {MAX_ROW_BYTES:,} bytes"
            yield Dropped(self._name, self._number, TOO_LARGE, detail)
        elif len(self._messages) > 1 and all(_is_users(message) for message in self._messages):
            for number, message in enumerate(self._messages, self._number):
                yield _row(self._name, number, message)
        elif self._messages:
            yield Row(self._name, self._number, {"messages": self._messages})


def _is_users(message: object) -> bool:
    return isinstance(message, Mapping) and known_role(written_role(message)) == "user"


def _page_rows(name: str, text: JsonText, number: int, depth: int = _LIST_KEYS_DEPTH) -> Iterator[Row | Dropped]:
    """The items of the lists in an object that is too large to be held, such as a page of an API."""
    at = number
    text.skip(1)
    while (head := text.head()) != "}":
        if head != '"':
            raise SourceError(name, at, NOT_JSON, "check what wrote it", "a page that breaks off")
        text.value()
        if text.head() == ":":
            text.skip(1)
        head = text.head()
        if head == "[" or (head == "{" and depth):
            inside = _array_rows(name, text, at - 1) if head == "[" else _page_rows(name, text, at, depth - 1)
            for row in inside:
                at = (row.number if isinstance(row, Row) else row.row) + 1
                yield row
        elif head == "{":
            text.skip_brackets()
        else:
            text.value()
    text.skip(1)
    if at == number and depth == _LIST_KEYS_DEPTH:
        yield Dropped(name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
