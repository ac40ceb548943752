"""Rows out of JSON, CSV and Parquet files, one at a time, whatever is wrong with the file."""

from collections.abc import Iterator
from itertools import islice

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import ColumnFormat, Row, SourceError
from topicsmith.traces.files.json_rows import json_rows
from topicsmith.traces.files.sources import Source


def read_rows(source: Source, wanted: ColumnFormat | None, settings: TraceSettings) -> Iterator[Row | Dropped]:
    """The rows of ``source``; a row that cannot be read is a :class:`Dropped`.

    Raises:
        SourceError: when the file, or the rest of it, cannot be read.
    """
    if source.kind == ".parquet":
        from topicsmith.traces.files.parquet import parquet_rows

        return parquet_rows(source, wanted, settings)
    if source.kind in {".csv", ".tsv"}:
        from topicsmith.traces.files.csv_rows import csv_rows

        return csv_rows(source)
    return json_rows(source)


def first_rows(source: Source, count: int, settings: TraceSettings) -> list[Row | Dropped]:
    """The first ``count`` rows, to see what they are; fewer where the file breaks off among them.

    Raises:
        SourceError: when no row can be read.
    """
    if source.kind == ".parquet":
        from topicsmith.traces.files.parquet import parquet_head

        return list(parquet_head(source, count))
    found: list[Row | Dropped] = []
    try:
        for row in islice(read_rows(source, None, settings), count):
            found.append(row)  # noqa: PERF402  # those before a fault are kept
    except SourceError:
        if not any(isinstance(row, Row) for row in found):
            raise
    return found
