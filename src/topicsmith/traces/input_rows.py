"""Rows to be classified: one for every line of text or JSON, or row of CSV or Parquet, whatever is wrong with it."""

import codecs
import dataclasses
import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import ColumnFormat, Row, SourceError, TraceFormat, read_rows_as
from topicsmith.traces.conversations.instants import TIMES
from topicsmith.traces.detect import find_format, recognise
from topicsmith.traces.files.json_stream import parse_json
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Source, find_sources
from topicsmith.traces.files.streams import CHUNK, MAX_ROW_BYTES, chunks, lines
from topicsmith.traces.files.suffixes import SUFFIXES
from topicsmith.traces.queries import EMPTY_USER_TURNS, Question, first_question
from topicsmith.traces.sampling import value_at

STDIN = Path("-")
STDIN_NAME = "standard input"
CONVERSATIONS = ("openai", "sharegpt", "wildchat", "responses", "gemini")
"""The formats in which one row is a whole conversation."""
BY_ROW = frozenset({".csv", ".tsv", ".parquet", ".json"})
"""Files whose rows are not lines."""

InputStatus = Literal["ok", "empty", "unreadable"]


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row of the input: ``text`` where it is ``ok``, otherwise ``problem`` says what it lacks.

    ``id`` is the row's own, where it has a field ``id``; ``where`` is the file and the number of the row. ``kept`` has
    the fields that were asked for as text, ``None`` where the row lacks one.
    """

    where: str
    id: str | None
    status: InputStatus
    text: str = ""
    problem: str = ""
    kept: Mapping[str, str | None] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class InputSettings:
    """How the input is read: ``field`` holds the text; ``format`` names the format of whole conversations.

    With ``format: None`` lines of text and rows with a text are read as such, and files of conversations as ingest
    recognises them. ``keep`` names fields that are to stay with their row, nested ones by paths as ``sample.by`` has
    them; ``time`` is the time of the row or conversation under any of its usual names.
    """

    field: str = "text"
    format: str | None = None
    keep: tuple[str, ...] = ()


def find_inputs(paths: Iterable[Path], settings: InputSettings, workspace: Path) -> list[Source]:
    """The files that ``paths`` mean: files, folders, globs, ``hf://``; ``-`` is standard input.

    Standard input is streamed where its lines are rows. It is kept in ``workspace`` where it is a table, which its
    first bytes tell (Parquet, or a line of column names with the one that holds the text), or a format is named.

    Raises:
        TraceError: when one matches nothing, or a link leads out of its folder.
    """
    sources: list[Source] = []
    for path in paths:
        if path == STDIN and settings.format is None:
            kind = _table_on_stdin(settings.field)
            sources.append(Source(_spooled(workspace, kind) if kind else path, STDIN_NAME, named=True))
            continue
        found = find_sources(str(path), Path.cwd(), workspace)
        if found.refused:
            raise TraceError(f"{found.refused[0].source}: {found.refused[0].reason}; name the file itself")
        name = STDIN_NAME if path == STDIN else str(path)
        sources += [Source(each.path, name if each.named else each.name, each.named) for each in found.sources]
    return sources


def input_rows(sources: Iterable[Source], settings: InputSettings) -> Iterator[InputRow]:
    """Every row of ``sources``, in order.

    Raises:
        TraceError: when a file, or the rest of it, cannot be read at all.
    """
    for source in sources:
        conversations = _conversations(source, settings)
        if conversations is not None:
            yield from (_trace_row(found, settings) for found in conversations)
        elif source.kind in BY_ROW:
            rows = read_rows(source, None, TraceSettings(path=source.name))
            yield from (_row_of_file(row, settings) for row in rows)
        else:
            yield from _line_rows(source, settings)


def _conversations(source: Source, settings: InputSettings) -> Iterator[Trace | Dropped] | None:
    """The conversations of a file in which a row is not one text or one conversation; ``None`` for other files."""
    if settings.format is None:
        if source.path == STDIN or source.kind not in SUFFIXES:
            return None
        reading = TraceSettings(path=source.name)
        try:
            format_ = recognise(source, reading).format
        except SourceError:
            return None
        if format_.name == "table" or set(format_.name.split(" and ")) <= {*CONVERSATIONS}:
            return None
    else:
        text = settings.field if settings.format == "table" else None
        reading = TraceSettings(path=source.name, format=settings.format, text=text)
        format_ = recognise(source, reading).format
    return _read(source, format_, reading)


def _read(source: Source, format_: TraceFormat, reading: TraceSettings) -> Iterator[Trace | Dropped]:
    """The traces of ``source``."""
    wanted = format_ if isinstance(format_, ColumnFormat) else None
    return read_rows_as(format_, read_rows(source, wanted, reading), reading)


def _trace_row(found: Trace | Dropped, settings: InputSettings) -> InputRow:
    where = f"{found.source}:{found.row}"
    if isinstance(found, Dropped):
        return InputRow(where, found.trace_id, "unreadable", problem=_reason(found))
    kept = _kept({**found.metadata, "time": found.time}, settings.keep)
    question = first_question(found.messages)
    if isinstance(question, Question):
        return InputRow(where, found.trace_id, "ok", question.text, kept=kept)
    status: InputStatus = "empty" if question == EMPTY_USER_TURNS else "unreadable"
    return InputRow(where, found.trace_id, status, problem=question, kept=kept)


def _kept(value: Mapping[str, object], names: Iterable[str]) -> dict[str, str | None]:
    """The fields of ``value`` that were asked for."""
    kept = {name: value_at(value, name) or None for name in names}
    if kept.get("time", "") is None:
        kept["time"] = next((found for name in TIMES if (found := value_at(value, name))), None)
    return kept


def _reason(dropped: Dropped) -> str:
    return ": ".join(part for part in (dropped.reason, dropped.detail) if part)


def _line_rows(source: Source, settings: InputSettings) -> Iterator[InputRow]:
    stdin = source.path == STDIN
    for number, line in lines(_stdin() if stdin else chunks(source)):
        if number == 1:
            _check_text(source.name, line)
        where = f"line {number}" if stdin else f"{source.name}:{number}"
        if line is None:
            yield InputRow(where, None, "unreadable", problem=f"a line over {MAX_ROW_BYTES:,} bytes")
            continue
        text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        yield _line_row(where, text.decode(errors="replace").rstrip("\r"), settings)


def _stdin() -> Iterator[bytes]:
    return iter(lambda: _standard_input().read1(CHUNK), b"")


def _standard_input() -> io.BufferedReader:
    return cast("io.BufferedReader", sys.stdin.buffer)


def _table_on_stdin(field: str) -> str | None:
    """The suffix of the kind of table that standard input begins like; ``None`` for lines."""
    head = _standard_input().peek(CHUNK)[:CHUNK]
    if head.startswith(b"PAR1"):
        return ".parquet"
    first = head.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0].decode(errors="replace").rstrip("\r")
    for suffix, delimiter in ((".csv", ","), (".tsv", "\t")):
        names = [name.strip().strip('"') for name in first.split(delimiter)]
        if len(names) > 1 and field in names:
            return suffix
    return None


def _spooled(workspace: Path, suffix: str) -> Path:
    path = workspace / f"standard-input{suffix}"
    with path.open("wb") as file:
        shutil.copyfileobj(_standard_input(), file, CHUNK)
    return path


_NOT_TEXT = MappingProxyType({
    b"PAR1": "a Parquet file; give it the suffix .parquet",
    b"\x1f\x8b": "packed by gzip; give it the suffix .gz",
    b"\x28\xb5\x2f\xfd": "packed by zstd; give it the suffix .zst",
    b"PK\x03\x04": "a ZIP file; unpack it",
    codecs.BOM_UTF16_LE: "UTF-16 text; save it as UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; save it as UTF-8",
})  # fmt: skip
"""What a file of lines begins with that is none, and the cure."""


def _check_text(name: str, line: bytes | None) -> None:
    for magic, cure in _NOT_TEXT.items():
        if line is not None and line.startswith(magic):
            raise TraceError(f"{name}: is {cure}")


def _line_row(where: str, line: str, settings: InputSettings) -> InputRow:
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
        return _object_row(where, {"messages": value}, settings) if messages else InputRow(where, None, "ok", line)
    assert isinstance(value, dict)
    return _object_row(where, value, settings)


def _row_of_file(row: Row | Dropped, settings: InputSettings) -> InputRow:
    if isinstance(row, Dropped):
        return InputRow(f"{row.source}:{row.row}", None, "unreadable", problem=_reason(row))
    where, field = f"{row.source}:{row.number}", settings.field
    if field in row.value and row.value[field] is None:
        kept = _kept(row.value, settings.keep)
        return InputRow(where, _id(row.value), "empty", problem=f"an empty cell in '{field}'", kept=kept)
    return _object_row(where, row.value, settings)


def _object_row(where: str, value: Mapping[str, object], settings: InputSettings) -> InputRow:
    own, kept, field = _id(value), _kept(value, settings.keep), settings.field
    text = value.get(field)
    if not isinstance(text, str):
        text = _question(where, value)
    if text is None:
        problem = f"has neither a text in '{field}' nor messages with a user's question"
        return InputRow(where, own, "unreadable", problem=problem, kept=kept)
    if not text.strip():
        return InputRow(where, own, "empty", problem="a text of nothing but space", kept=kept)
    return InputRow(where, own, "ok", text, kept=kept)


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
