"""Which format a file is in, and why that is thought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import cast

from topicsmith import plugins
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import QuickFormat, Row, SourceError, TraceFormat
from topicsmith.traces.conversations.messages import MalformedError, messages_of
from topicsmith.traces.files.rows import first_rows
from topicsmith.traces.files.sources import Source

ORDER = (
    "toucan",
    "opentelemetry",
    "openinference",
    "langfuse",
    "langsmith",
    "wildchat",
    "responses",
    "sharegpt",
    "openai",
)
"""Formats from the one with the most telling fields to the most general; those of other packages come before the last,
``table``."""  # fmt: skip

_LOOKED_AT = 20


@dataclass(frozen=True)
class Recognised:
    """A file, its format, and the reason in words."""

    source: Source
    format: TraceFormat
    why: str


def find_format(name: str) -> TraceFormat:
    """The format that an entry point offers as ``name``."""
    return cast("TraceFormat", plugins.find("topicsmith.formats", name))


def recognise(source: Source, settings: TraceSettings) -> Recognised:
    """The format of ``source``: the one asked for, or the first that one of its first rows looks like.

    Raises:
        SourceError: when the file is empty, cannot be read, or looks like none.
    """
    if settings.format != "auto":
        _first(source, settings)
        return Recognised(source, find_format(settings.format), "as the project says")
    if settings.text is not None or settings.messages is not None:
        column = settings.text or settings.messages
        return Recognised(source, find_format("table"), f"the project names the column '{column}'")
    formats = _formats()
    if source.kind == ".parquet" and (found := _by_columns(source, formats)):
        return found
    rows = _first(source, settings)
    for format_ in formats:
        for row in rows:
            why = format_.recognise(row.value)
            if why is not None:
                return Recognised(source, format_, why)
    shown = f"its first row has {', '.join(sorted(map(str, rows[0].value))[:12])}" if rows else ""
    column = message_column([row.value for row in rows])
    known = ", ".join(plugins.names("topicsmith.formats"))
    cure = (
        f"set 'traces.messages: {column}', the column that holds conversations"
        if column is not None
        else f"set 'traces.text' to the column of texts, or 'traces.format' to one of {known}, or remove the file"
    )
    raise SourceError(source.name, 0, "not a format that is known", cure, shown)


def message_column(rows: Sequence[Mapping[str, object]]) -> str | None:
    """The first column in which every value looked at is a conversation, as a list or as JSON text."""
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return next((name for name in names if _holds_messages(name, rows)), None)


def _holds_messages(name: str, rows: Sequence[Mapping[str, object]]) -> bool:
    values = [row[name] for row in rows if row.get(name)][:_LOOKED_AT]
    if not values or not all(isinstance(value, list) or str(value).lstrip().startswith("[") for value in values):
        return False
    try:
        return all(messages_of(value) for value in values)
    except MalformedError:
        return False


def _by_columns(source: Source, formats: Sequence[TraceFormat]) -> Recognised | None:
    """What the names of a Parquet file's columns tell, so that its long texts need not be read for it.

    Only the first formats in order count, up to one that wants to see values.
    """
    from topicsmith.traces.files.parquet import parquet_columns

    names = dict.fromkeys(parquet_columns(source))
    for format_ in takewhile(lambda format_: isinstance(format_, QuickFormat), formats):
        why = format_.recognise(names)
        if why is not None:
            return Recognised(source, format_, why)
    return None


def _formats() -> Sequence[TraceFormat]:
    offered = plugins.names("topicsmith.formats")
    others = [name for name in offered if name not in {*ORDER, "table"}]
    ordered = [*(name for name in ORDER if name in offered), *others, *(name for name in offered if name == "table")]
    return [find_format(name) for name in ordered]


def _first(source: Source, settings: TraceSettings) -> list[Row]:
    seen = first_rows(source, _LOOKED_AT, settings)
    good = [row for row in seen if isinstance(row, Row)]
    if not seen:
        raise SourceError(source.name, 0, "has no rows", "check what wrote it")
    if not good:
        bad = cast("Dropped", seen[0])
        raise SourceError(bad.source, bad.row, bad.reason, "check that the file is what its name says", bad.detail)
    return good
