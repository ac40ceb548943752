"""What a trace format is: the door ``topicsmith.formats``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an input file: a JSON line, an array item, a Parquet or CSV row; ``number`` counts from 1."""

    source: str
    number: int
    value: Mapping[str, object]


class TraceFormat(Protocol):
    """A way of writing conversations down. The entry point offers an instance."""

    name: str

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Why ``row`` looks like this format, in a few words, or ``None``."""

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """Turn rows into traces, streaming; a row that gives none becomes a :class:`Dropped`, never silence."""
