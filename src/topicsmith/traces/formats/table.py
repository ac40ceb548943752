"""Data that is in a table already: the project names the columns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Split, Trace
from topicsmith.suggestions import did_you_mean
from topicsmith.traces.base import MISSING_COLUMN, UNKNOWN_SPLIT, WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import first_id, first_text
from topicsmith.traces.conversations.messages import MalformedError, messages_of
from topicsmith.traces.conversations.rendered import rendered
from topicsmith.traces.conversations.turns import is_turn

SPLITS: Mapping[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}
"""What data sets call their splits, in lower case."""

_PATIENCE = 1000  # rows after which a named column that no row had is taken to be misspelt


@dataclass(frozen=True)
class _Columns:
    """The columns the project names; ``content`` holds the text or the messages."""

    content: str
    is_text: bool
    others: tuple[str, ...]

    @classmethod
    def of(cls, settings: TraceSettings) -> "_Columns":
        others = (settings.id, settings.topic, settings.subtopic, settings.split, settings.time)
        named = tuple(name for name in others if name is not None)
        if settings.messages is not None:
            return cls(settings.messages, False, named)
        return cls(settings.text or "text", True, named)


class TableFormat:
    """Rows with a column of texts, or of conversations as a list or as JSON text."""

    name = "table"
    order = 1000

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A column called ``text``, and nobody named who says it."""
        if is_turn(row):
            return None
        name = _text_column(row)
        return f"has a column '{name}'" if isinstance(row.get(name), str) else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row; columns that are not named become its metadata.

        Raises:
            TraceError: when a column that the project names is nowhere.
        """
        columns = _Columns.of(settings)
        seen: Counter[str] = Counter()
        row = None
        count = 0
        for count, row in enumerate(rows, 1):
            seen.update(name for name in columns.others if name in row.value)
            if count == _PATIENCE:
                _check(columns, seen, row)
            yield _trace(row, columns, settings)
        if row is not None and count < _PATIENCE:
            _check(columns, seen, row)


def _check(columns: _Columns, seen: Mapping[str, int], row: Row) -> None:
    for name in columns.others:
        if not seen.get(name):
            here = list(map(str, row.value))
            near = did_you_mean(name, here)
            raise TraceError(f"{row.source}: no column '{name}'; {near}columns here: {', '.join(here[:20])}")


def _trace(row: Row, columns: _Columns, settings: TraceSettings) -> Trace | Dropped:
    value = row.value
    if columns.is_text and settings.text is None and columns.content not in value:
        columns = replace(columns, content=_text_column(value))
    if columns.content not in value:
        here = list(map(str, value))
        near = did_you_mean(columns.content, here)
        detail = f"no column '{columns.content}'; {near}columns here: {', '.join(here[:20])}"
        return Dropped(row.source, row.number, MISSING_COLUMN, detail)
    identity = first_id(value, settings.id) if settings.id else None
    try:
        messages = _messages(value[columns.content], columns)
    except MalformedError as exc:
        return Dropped(row.source, row.number, WRONG_TYPE, f"column '{columns.content}': {exc}", identity)
    split = _text(value, settings.split)
    if split is not None and split.lower() not in SPLITS:
        detail = f"'{split[:60]}' is none of {', '.join(SPLITS)}"
        return Dropped(row.source, row.number, UNKNOWN_SPLIT, detail, identity)
    used = {columns.content, settings.id}
    return Trace(
        trace_id=identity or "",
        messages=messages,
        metadata={key: item for key, item in value.items() if key not in used and item is not None},
        source=row.source,
        row=row.number,
        time=first_text(value, settings.time) if settings.time else None,
        topic=_topic(row, settings.topic),
        subtopic=_text(value, settings.subtopic),
        split=SPLITS[split.lower()] if split is not None else None,
    )


def _text_column(row: Mapping[str, object]) -> str:
    """The column called ``text``, in whatever case."""
    return "text" if "text" in row else next((name for name in row if str(name).strip().casefold() == "text"), "text")


def _messages(value: object, columns: _Columns) -> tuple[Message, ...]:
    if not columns.is_text:
        return () if value is None else messages_of(value)
    if value is None:
        return (Message("user", ""),)
    if isinstance(value, bytes):
        value = _decoded(value)
    if not isinstance(value, str):
        raise MalformedError(f"is a {type(value).__name__}, where text was expected")
    return rendered(value) or (Message("user", value),)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MalformedError("holds bytes that are no UTF-8 text") from None


def _text(row: Mapping[str, object], name: str | None) -> str | None:
    value = row.get(name) if name is not None else None
    if value is None or value == "":
        return None
    return value.strip() if isinstance(value, str) else str(value)


def _topic(row: Row, name: str | None) -> str | None:
    """The topic in the column ``name``; a list of one is that one.

    Raises:
        TraceError: when there are several.
    """
    value = row.value.get(name) if name is not None else None
    if not isinstance(value, list | tuple):
        return _text(row.value, name)
    if len(value) > 1:
        shown = ", ".join(str(item)[:60] for item in value[:5])
        raise TraceError(
            f"{row.source}:{row.number}: '{name}' has several topics ({shown}), but a text has one topic here; keep "
            "the one that matters most, or make a topic of the pair"
        )
    return str(value[0]).strip() or None if value else None


FORMAT = TableFormat()
