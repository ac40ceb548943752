"""Rows out of JSON values one after the other: arrays item by item, pages by the items of their list."""

import json
from collections.abc import Iterator, Mapping

from topicsmith.records import Dropped
from topicsmith.traces.base import AS_UTF8, NOT_AN_OBJECT, NOT_JSON, NOT_UTF8, TOO_DEEP, TOO_LARGE, Row, SourceError
from topicsmith.traces.conversations.roles import known_role, written_role
from topicsmith.traces.files.json_stream import JsonText, NotUTF8Error, TooLargeError
from topicsmith.traces.files.streams import MAX_ROW_BYTES
from topicsmith.traces.files.wrappers import conversation_in, holds_rows, is_bare_message, is_of_row, unwrapped

DEEP = "brackets nest deeper than a conversation can"
_PAGE_DEPTH = 2


def value_rows(name: str, number: int, value: object) -> Iterator[Row | Dropped]:
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


def document_rows(name: str, text: JsonText) -> Iterator[Row | Dropped]:
    """Values one after the other; of an array the items, of a page those of its list.

    What stands between values and is no JSON, such as a program's log lines, is dropped.

    Raises:
        SourceError: when the rest cannot be read.
    """
    number = 0
    keys: frozenset[str] = frozenset()
    while head := text.head():
        if head not in "[{":
            number += 1
            text.skip_lines()
            yield Dropped(name, number, NOT_JSON, f"{head!r}, where an object or array was expected")
            continue
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
    except (ValueError, RecursionError) as exc:
        if isinstance(exc, TooLargeError) or begins_page(text.ahead()):
            yield from _page_rows(name, text, number)
        else:
            yield _skipped(name, text, number, keys, exc)
    else:
        for at, found in enumerate(value_rows(name, number, value)):
            yield Row(name, number + at, found.value) if isinstance(found, Row) else found


def _skipped(name: str, text: JsonText, number: int, keys: frozenset[str], problem: Exception) -> Dropped:
    """The bad value, stepped over.

    Raises:
        SourceError: when its end cannot be told, so that nothing after it can be read.
    """
    reason, detail = _reason(problem)
    told = text.skip_brackets() if reason in (TOO_LARGE, NOT_UTF8) else text.skip_value(keys)
    if not told:
        raise SourceError(name, number, reason, "mend or remove it: what follows is not read", detail)
    return Dropped(name, number, reason, detail)


def _reason(problem: Exception) -> tuple[str, str]:
    if isinstance(problem, NotUTF8Error):
        return NOT_UTF8, AS_UTF8
    if isinstance(problem, RecursionError):
        return TOO_DEEP, DEEP
    return TOO_LARGE if isinstance(problem, TooLargeError) else NOT_JSON, str(problem)


def _array_rows(name: str, text: JsonText, before: int) -> Iterator[Row | Dropped]:
    """The items of an array as rows, numbered on from ``before``, or the one conversation that the array is."""
    text.skip(1)
    number, keys = before, frozenset[str]()
    conversation = _Conversation(name, before + 1)
    while (head := text.head()) != "]":
        number += 1
        try:
            if not head:
                raise SourceError(name, number, "JSON array cut short", "copy the file again")
            item = _item(name, text, number, keys)
        except SourceError:
            yield from conversation.rows()
            raise
        if isinstance(item, Dropped):
            yield item
            continue
        (value,) = item
        if is_bare_message(value) and (conversation.begun or number == before + 1):
            conversation.add(value)
            continue
        keys = frozenset(value) if isinstance(value, dict) else keys
        yield from value_rows(name, number, value)
    text.skip(1)
    yield from conversation.rows()


def _item(name: str, text: JsonText, number: int, keys: frozenset[str]) -> tuple[object] | Dropped:
    """The value that comes next, or why there is none, stepped over."""
    try:
        return (text.value(),)
    except (ValueError, RecursionError) as exc:
        return _skipped(name, text, number, keys, exc)


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


def _page_rows(name: str, text: JsonText, number: int, depth: int = _PAGE_DEPTH) -> Iterator[Row | Dropped]:
    """The items of the list in a page of an API that is too large to be held; a row that is too large is dropped."""
    at, may_be_page = number, True
    try:
        for key, head in _fields(text):
            if may_be_page and holds_rows(key) and (head == "[" or (head == "{" and depth)):
                inside = _array_rows(name, text, at - 1) if head == "[" else _page_rows(name, text, at, depth - 1)
                for row in inside:
                    at = (row.number if isinstance(row, Row) else row.row) + 1
                    yield row
                continue
            may_be_page &= not is_of_row(key)
            _step_over(text, head)
    except (ValueError, RecursionError) as exc:
        raise SourceError(name, at, NOT_JSON, "mend or remove it: what follows is not read", str(exc)) from None
    if at == number and depth == _PAGE_DEPTH:
        yield Dropped(name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")


def begins_page(text: JsonText) -> bool:
    """Whether the object that starts here has a list of rows before anything that only a row has."""
    try:
        for key, head in _fields(text):
            if holds_rows(key) and head in "[{":
                return head == "[" or begins_page(text)
            if is_of_row(key):
                return False
            _step_over(text, head)
    except (ValueError, RecursionError):
        return False
    return False


def _fields(text: JsonText) -> Iterator[tuple[str, str]]:
    """The fields of an object and how the value of each begins; that must be stepped over before the next."""
    text.skip(1)
    while (head := text.head()) != "}":
        key = text.value() if head == '"' else None
        if not isinstance(key, str) or text.head() != ":":
            raise ValueError("an object that breaks off")
        text.skip(1)
        yield key, text.head()
    text.skip(1)


def _step_over(text: JsonText, head: str) -> None:
    if not head or head not in '[{"':
        text.value()
    elif not text.skip_brackets():
        raise ValueError("an object that breaks off")
