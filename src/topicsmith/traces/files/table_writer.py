"""Tables written in parts while rows stream by, then put together with what is only known at the end."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import polars as pl

from topicsmith.disk_errors import writing_table
from topicsmith.table_checks import Schema
from topicsmith.tables import frame

PART_ROWS = 10_000
PART_CHARACTERS = 16_000_000
ROW_GROUP = 20_000


class Parts:
    """Rows kept in numbered Parquet files of bounded size in ``folder``."""

    def __init__(self, folder: Path, schema: Schema, on_part: Callable[[pl.DataFrame], None] | None = None) -> None:
        """Write parts into ``folder``, which is made; ``on_part`` is given each part as it is written."""
        folder.mkdir()
        self._folder = folder
        self._schema = schema
        self._on_part = on_part
        self._rows: list[tuple[object, ...]] = []
        self._tables: list[pl.DataFrame] = []
        self._held = self._characters = 0
        self.paths: list[Path] = []

    def add(self, row: tuple[object, ...]) -> None:
        """Take one row."""
        self._rows.append(row)
        self._count(1, sum(len(cell) for cell in row if isinstance(cell, str)))

    def add_table(self, table: pl.DataFrame) -> None:
        """Take rows that are in a table of the schema already."""
        self._settle()
        self._tables.append(table)
        self._count(table.height, int(table.estimated_size()))

    def _count(self, rows: int, characters: int) -> None:
        self._held += rows
        self._characters += characters
        if self._held >= PART_ROWS or self._characters >= PART_CHARACTERS:
            self.flush()

    def _settle(self) -> None:
        if self._rows:
            self._tables.append(frame(self._rows, self._schema))
            self._rows = []

    def flush(self) -> None:
        """Write what is held."""
        self._settle()
        if self._tables:
            self.append(pl.concat(self._tables))
        self._tables = []
        self._held = self._characters = 0

    def append(self, table: pl.DataFrame) -> None:
        """Write ``table`` as a part of its own."""
        path = self._folder / f"{len(self.paths):06}.parquet"
        if self._on_part is not None:
            self._on_part(table)
        with writing_table(path):
            table.write_parquet(path, compression="lz4", statistics=False)
        self.paths.append(path)

    def scan(self) -> pl.LazyFrame:
        """All parts as one table that is read when it is needed."""
        return pl.scan_parquet(self.paths, glob=False) if self.paths else frame((), self._schema).lazy()

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column of every part, in order."""
        for path in self.paths:
            yield pl.read_parquet(path, columns=[name]).to_series()


class InBackground:
    """Does something with each part in a thread of its own, in order, at most one part behind.

    Leaving the ``with`` block waits for the last part; what the work raises is raised at the next ``put`` or there.
    """

    def __init__(self, work: Callable[[pl.DataFrame], None]) -> None:
        """Call ``work`` with each part."""
        self._work = work
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def put(self, part: pl.DataFrame) -> None:
        """Hand over ``part``, once the one before is done with."""
        self._wait()
        self._last = self._thread.submit(self._work, part)

    def _wait(self) -> None:
        if self._last is not None:
            self._last.result()

    def __enter__(self) -> Self:
        """Ready to take parts."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the work that is under way."""
        self._thread.shutdown()
        if kind is None:
            self._wait()


def write_table(path: Path, schema: Schema, table: pl.LazyFrame) -> None:
    """Write the columns of ``schema`` out of ``table`` as one Parquet file, without holding all rows at once."""
    chosen = table.select(list(schema))
    with writing_table(path):
        chosen.sink_parquet(path, compression="zstd", row_group_size=ROW_GROUP, maintain_order=True)
