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
from topicsmith.traces.mixed import MixedFormat

_LOOKED_AT = 20
_LOOKED_FOR = 2000
"""Rows that are read to find one of a known format, where the first ones are none."""

_OF_OTHERS = 100
"""The place of a format that does not say its own: after those with telling fields, before ``table``."""


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
    found = _by_rows(source, rows, formats)
    if found is None and len(rows) >= _LOOKED_AT:
        found = _by_rows(source, _first(source, settings, _LOOKED_FOR), formats)
    if found is not None:
        return found
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


def _by_rows(source: Source, rows: Sequence[Row], formats: Sequence[TraceFormat]) -> Recognised | None:
    """The first format that a row looks like; those of single rows share a file in which rows are of several."""
    found: dict[str, tuple[TraceFormat, str]] = {}
    for row in rows:
        for format_ in formats:
            why = format_.recognise(row.value)
            if why is not None:
                found.setdefault(format_.name, (format_, why))
                break
    chosen = [found[format_.name] for format_ in formats if format_.name in found]
    if not chosen:
        return None
    mixed = [format_ for format_, _ in chosen if getattr(format_, "mixes", False)]
    first, why = chosen[0]
    if len(mixed) > 1 and first in mixed:
        return Recognised(source, MixedFormat(tuple(mixed)), "; ".join(f"{f.name}: {why}" for f, why in chosen))
    return Recognised(source, first, why)


def _formats() -> Sequence[TraceFormat]:
    return sorted(map(find_format, plugins.names("topicsmith.formats")), key=place_of)


def place_of(format_: TraceFormat) -> tuple[int, str]:
    """Where ``format_`` stands among those that are tried: by its ``order``, the most telling fields first."""
    return getattr(format_, "order", _OF_OTHERS), format_.name


def _first(source: Source, settings: TraceSettings, count: int = _LOOKED_AT) -> list[Row]:
    """The good ones among the first rows; a fault further on in the file is met when it is read.

    Raises:
        SourceError: when there is no good row.
    """
    seen = first_rows(source, count, settings)
    good = [row for row in seen if isinstance(row, Row)]
    if not seen:
        raise SourceError(source.name, 0, "has no rows", "check what wrote it")
    if not good:
        bad = cast("Dropped", seen[0])
        raise SourceError(bad.source, bad.row, bad.reason, "check that the file is what its name says", bad.detail)
    return good
