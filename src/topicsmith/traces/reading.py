"""All traces of a project's input, file after file, with what went wrong on the way."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import MALFORMED, MISSING_COLUMN, ColumnFormat, QuickFormat, Row, SourceError, read_rows_as
from topicsmith.traces.detect import Recognised, place_of, recognise
from topicsmith.traces.files.parquet import batch_rows, parquet_batches
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Found


@dataclass(frozen=True)
class QuickBatch:
    """Some rows of a file, mostly told without parsing.

    ``told`` is the table that a :class:`~topicsmith.traces.base.QuickFormat` makes, ``parsed`` what the other rows
    give, parsed one by one as they are asked for; each says the row's position in the batch.
    """

    told: pl.DataFrame
    parsed: Iterator[tuple[int, Trace | Dropped]]


class Reader:
    """Reads every source as its format; ``formats`` says what each was taken for, ``rows`` how many were seen."""

    def __init__(self, found: Found, settings: TraceSettings) -> None:
        """Recognise every source.

        Raises:
            TraceError: when a file that the user named, or every file, cannot be read.
        """
        self._settings = settings
        self._refused: list[Dropped] = list(found.refused)
        self._plan: list[Recognised] = []
        self._rows: Counter[str] = Counter()
        self._malformed: Counter[str] = Counter()
        self._first: dict[str, Dropped] = {}
        errors = []
        for source in found.sources:
            try:
                self._plan.append(recognise(source, settings))
            except SourceError as error:
                if source.named:
                    raise
                errors.append(error)
                self._refused.append(error.dropped())
        if errors and not self._plan:
            raise errors[0]
        if not self._plan:
            first = self._refused[0]
            raise TraceError(f"{first.source}: {first.reason}; name the file itself in 'traces.path' if it is wanted")

    @property
    def formats(self) -> dict[str, str]:
        """For each source, its format and why."""
        return {item.source.name: f"{item.format.name}: {item.why}" for item in self._plan}

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return self._rows.total()

    def traces(self, on_rows: Callable[[int], None], quick: bool = False) -> Iterator[Trace | Dropped | QuickBatch]:
        """Every trace, and every row that gave none; ``on_rows`` is told of rows as they are read.

        With ``quick``, formats that can tell rows without reading them whole do so, many at a time.

        Raises:
            TraceError: when more than half of a file's rows are malformed.
        """
        yield from self._refused
        ordered = sorted(self._plan, key=lambda item: place_of(item.format))
        for _, items in groupby(ordered, key=lambda item: item.format.name):
            group = list(items)
            told = [item for item in group if quick and _can_tell(item)]
            for item in told:
                yield from self._tell(item, on_rows)
            yield from self._parse([item for item in group if item not in told], on_rows)
        self._judge()

    def _parse(self, group: list[Recognised], on_rows: Callable[[int], None]) -> Iterator[Trace | Dropped]:
        """The traces of files of one format."""
        if not group:
            return
        for result in read_rows_as(group[0].format, self._rows_of(group, on_rows), self._settings):
            if isinstance(result, Dropped):
                self._count(result)
            yield result

    def _rows_of(self, group: list[Recognised], on_rows: Callable[[int], None]) -> Iterator[Row | Dropped]:
        """The rows of files of one format, and where a file breaks off why."""
        for item in group:
            wanted = item.format if isinstance(item.format, ColumnFormat) else None
            try:
                for row in read_rows(item.source, wanted, self._settings):
                    self._rows[item.source.name] += 1
                    on_rows(1)
                    yield row
            except SourceError as error:
                yield self._failed(item, error)

    def _tell(self, item: Recognised, on_rows: Callable[[int], None]) -> Iterator[Dropped | QuickBatch]:
        """What a format tells of the rows of a Parquet file, and the rest of them parsed."""
        format_ = item.format
        assert isinstance(format_, ColumnFormat)
        assert isinstance(format_, QuickFormat)
        try:
            for first, batch in parquet_batches(item.source, format_, self._settings):
                self._rows[item.source.name] += batch.height
                on_rows(batch.height)
                told = format_.quick(batch)
                positions = set(told["position"].to_list())
                untold = [position for position in range(batch.height) if position not in positions]
                rows = zip(untold, batch_rows(item.source, first, batch, untold), strict=True)
                yield QuickBatch(told, ((at, result) for at, row in rows for result in self._read_one(item, row)))
        except SourceError as error:
            yield self._failed(item, error)

    def _read_one(self, item: Recognised, row: Row | Dropped) -> Iterator[Trace | Dropped]:
        for result in item.format.read([row], self._settings) if isinstance(row, Row) else [row]:
            if isinstance(result, Dropped):
                self._count(result)
            yield result

    def _failed(self, item: Recognised, error: SourceError) -> Dropped:
        if not self._rows[item.source.name] and item.source.named:
            raise error
        return error.dropped()

    def _count(self, dropped: Dropped) -> None:
        if dropped.reason in MALFORMED:
            self._malformed[dropped.source] += 1
            self._first.setdefault(dropped.source, dropped)

    def _judge(self) -> None:
        """Refuse a file that the user named and that is something else; foreign files of a folder are dropped."""
        refused = {name for name, bad in self._malformed.items() if 2 * bad > self._rows[name]}
        named = {item.source.name for item in self._plan if item.source.named}
        none_is_good = refused >= {item.source.name for item in self._plan}
        for name, bad in self._malformed.items():
            if name in refused and (name in named or none_is_good):
                first = self._first[name]
                column = first.reason == MISSING_COLUMN
                cure = "mend its name in 'traces'" if column else "check 'traces.format' and what wrote the file"
                raise TraceError(
                    f"{name}: {bad} of {self._rows[name]} rows cannot be read; the first is row {first.row}: "
                    f"{first.reason} ({first.detail}); {cure}"
                )


def _can_tell(item: Recognised) -> bool:
    is_quick = isinstance(item.format, ColumnFormat) and isinstance(item.format, QuickFormat)
    return is_quick and item.source.kind == ".parquet"
