"""What a trace format is: the door ``topicsmith.formats``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace

if TYPE_CHECKING:
    import polars as pl

NOT_JSON = "not JSON"
NOT_UTF8 = "not UTF-8 text"
AS_UTF8 = "it looks like Windows-1252 or Latin-1; save the file as UTF-8"
NOT_AN_OBJECT = "not an object"
TOO_LARGE = "row too large"
TOO_DEEP = "nested too deeply"
WRONG_TYPE = "wrong type"
NOT_THIS_FORMAT = "not this format"
MISSING_COLUMN = "missing column"
UNKNOWN_SPLIT = "unknown split"
NO_QUESTION = "no user message"
NO_TALK = "no talk with a model"

MALFORMED = frozenset(
    {NOT_JSON, NOT_UTF8, NOT_AN_OBJECT, TOO_LARGE, TOO_DEEP, WRONG_TYPE, NOT_THIS_FORMAT, MISSING_COLUMN, UNKNOWN_SPLIT}
)
"""Reasons that speak against the file: when more than half of its rows have one, the file is refused."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an input file: a JSON line, an array item, a Parquet or CSV row; ``number`` counts from 1."""

    source: str
    number: int
    value: Mapping[str, object]


class TraceFormat(Protocol):
    """A way of writing conversations down. The entry point offers an instance.

    It may say besides by a number ``order`` when it is tried, the most telling fields first (ours have 10 to 90, and
    100 is what others have that say nothing), and by ``mixes = True`` that rows of other formats may stand among its
    own.
    """

    name: str

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Why ``row`` looks like this format, in a few words, or ``None``."""

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """Turn rows into traces, streaming; a row that gives none becomes a :class:`Dropped`, never silence."""


@runtime_checkable
class ColumnFormat(Protocol):
    """What a format may offer besides: it needs only some columns of a Parquet file."""

    def columns(self, settings: TraceSettings) -> Sequence[str]:
        """The columns to read; one that the file lacks is left out."""


@runtime_checkable
class QuickFormat(Protocol):
    """What a format of one trace a row may offer for speed: some rows told without reading whole conversations.

    What it tells must be what ``read`` and the rule of the first question would give; other rows it leaves out, and
    they are read as usual. It is asked for Parquet only, and only where nothing but the question and the size of a
    conversation matters. Its ``recognise`` looks at a row's keys alone, so that the names of columns are enough.
    """

    def quick(self, batch: "pl.DataFrame") -> "pl.DataFrame":
        """The rows of ``batch`` that can be told, in order.

        Columns: ``position`` in the batch, ``trace_id``, ``text`` of the question, ``message_index``, ``size`` of the
        conversation in bytes, and ``metadata`` as JSON text with sorted keys.
        """


def read_rows_as(
    format_: TraceFormat, rows: Iterable[Row | Dropped], settings: TraceSettings
) -> Iterator[Trace | Dropped]:
    """What ``format_`` makes of ``rows``; one that could not be read comes before the trace that was read next."""
    lost: list[Dropped] = []

    def good() -> Iterator[Row]:
        for row in rows:
            if isinstance(row, Row):
                yield row
            else:
                lost.append(row)

    for found in format_.read(good(), settings):
        yield from lost
        lost.clear()
        yield found
    yield from lost


class SourceError(TraceError):
    """A file, or the rest of it, cannot be read; ``reason`` is one of few, ``detail`` the particulars."""

    def __init__(self, source: str, row: int, reason: str, cure: str, detail: str = "") -> None:
        """Name the place, what is wrong there, and the cure."""
        place = f"{source}:{row}" if row else source
        super().__init__(f"{place}: {reason}{f' ({detail})' if detail else ''}; {cure}")
        self.source = source
        self.row = row
        self.reason = reason
        self.detail = f"{detail}; {cure}" if detail else cure

    def dropped(self) -> Dropped:
        """The same as a row of ``dropped.parquet``."""
        return Dropped(self.source, self.row, self.reason, self.detail)
