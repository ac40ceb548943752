"""Rows to be classified: one for every line of text or JSON, or row of CSV or Parquet, whatever is wrong with it."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.detect import find_format
from topicsmith.traces.files.json_stream import parse_json
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Source
from topicsmith.traces.queries import Question, first_question

CONVERSATIONS = ("openai", "sharegpt", "wildchat", "responses")
"""The formats in which one row is a whole conversation."""
TABLES = frozenset({".csv", ".tsv", ".parquet"})

InputStatus = Literal["ok", "empty", "unreadable"]


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row of the input: ``text`` where it is ``ok``, otherwise ``problem`` says what it lacks.

    ``id`` is the row's own, where it has a field ``id``; ``where`` is the file and the number of the row.
    """

    where: str
    id: str | None
    status: InputStatus
    text: str = ""
    problem: str = ""


def input_rows(paths: Iterable[Path], field: str) -> Iterator[InputRow]:
    """Every row of ``paths``, in order; ``-`` is standard input.

    Raises:
        TraceError: when a file, or the rest of it, cannot be read at all.
    """
    for path in paths:
        source = Source(path, str(path), named=True)
        if source.kind in TABLES:
            yield from (_table_row(row, field) for row in read_rows(source, None, TraceSettings(path=str(path))))
        else:
            yield from (_line_row(f"{path}:{n}" if str(path) != "-" else f"line {n}", text, field)
                        for n, text in enumerate(_lines(path), 1))  # fmt: skip


def _lines(path: Path) -> Iterator[str]:
    if path == Path("-"):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace", newline="\n")  # type: ignore[union-attr]  # a text stream
        yield from (line.rstrip("\r\n") for line in sys.stdin)
        return
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            yield from (line.rstrip("\r\n") for line in file)
    except OSError as exc:
        raise TraceError(f"{path}: cannot be read: {exc.strerror}") from None


def _line_row(where: str, line: str, field: str) -> InputRow:
    """A line; one that is neither an object nor a list of messages is the text itself."""
    start = line.lstrip()[:1]
    if not start:
        return InputRow(where, None, "empty", problem="a blank line")
    if start not in "{[":
        return InputRow(where, None, "ok", line)
    try:
        value = parse_json(line)
    except (ValueError, RecursionError) as exc:
        if start == "[":  # as in '[urgent] my card is lost'
            return InputRow(where, None, "ok", line)
        return InputRow(where, None, "unreadable", problem=f"starts like JSON but is not valid ({exc})")
    if isinstance(value, list):
        messages = bool(value) and all(isinstance(item, dict) and "role" in item for item in value)
        return _object_row(where, {"messages": value}, field) if messages else InputRow(where, None, "ok", line)
    assert isinstance(value, dict)
    return _object_row(where, value, field)


def _table_row(row: Row | Dropped, field: str) -> InputRow:
    if isinstance(row, Dropped):
        problem = ": ".join(part for part in (row.reason, row.detail) if part)
        return InputRow(f"{row.source}:{row.row}", None, "unreadable", problem=problem)
    where = f"{row.source}:{row.number}"
    if field in row.value and row.value[field] is None:
        return InputRow(where, _id(row.value), "empty", problem=f"an empty cell in '{field}'")
    return _object_row(where, row.value, field)


def _object_row(where: str, value: Mapping[str, object], field: str) -> InputRow:
    own = _id(value)
    text = value.get(field)
    if not isinstance(text, str):
        text = _question(where, value)
    if text is None:
        problem = f"has neither a text in '{field}' nor messages with a user's question"
        return InputRow(where, own, "unreadable", problem=problem)
    if not text.strip():
        return InputRow(where, own, "empty", problem="a text of nothing but space")
    return InputRow(where, own, "ok", text)


def _id(value: Mapping[str, object]) -> str | None:
    found = value.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None


def _question(where: str, value: Mapping[str, object]) -> str | None:
    """What the user first asked in a conversation, found by the rule that built the training rows."""
    for name in CONVERSATIONS:
        offered = find_format(name)
        if offered.recognise(value) is None:
            continue
        for trace in offered.read([Row(where, 1, value)], TraceSettings(path="-")):
            found = first_question(trace.messages) if isinstance(trace, Trace) else None
            if isinstance(found, Question):
                return found.text
    return None
