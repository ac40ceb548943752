"""Rows out of Parquet, by column and in batches of bounded size."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from topicsmith.errors import first_line
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import TOO_LARGE, ColumnFormat, Row, SourceError
from topicsmith.traces.files.parquet_footer import row_group_sizes
from topicsmith.traces.files.sources import NOT_REGULAR, Source
from topicsmith.traces.files.streams import BOMB, BOMB_BYTES, BOMB_RATIO, MAX_ROW_BYTES

BATCH_ROWS = 1000
LARGE_GROUP = 256 * 2**20
_BUFFER = 2**20


def parquet_rows(source: Source, wanted: ColumnFormat | None, settings: TraceSettings) -> Iterator[Row | Dropped]:
    """The rows of a Parquet file, with only the columns that the format wants.

    Raises:
        SourceError: when the footer or the data are destroyed, or no wanted column is there.
    """
    for first, batch in parquet_batches(source, wanted, settings):
        yield from batch_rows(source, first, batch, range(batch.height))


def parquet_columns(source: Source) -> list[str]:
    """The names of a file's columns; none when it has no rows.

    Raises:
        SourceError: when the footer is destroyed.
    """
    with _typed(source):
        table = pl.scan_parquet(source.path, glob=False)
        return table.collect_schema().names() if table.select(pl.len()).collect().item() else []


def parquet_head(source: Source, count: int) -> Iterator[Row | Dropped]:
    """The first ``count`` rows with all their columns, without decoding more.

    Raises:
        SourceError: as for :func:`parquet_batches`.
    """
    with _typed(source):
        table = pl.scan_parquet(source.path, glob=False)
        names = table.collect_schema().names()
        if _largest_group(source, names) > LARGE_GROUP:
            batch = next(_page_by_page(source, names), pl.DataFrame()).head(count)
        else:
            batch = table.head(count).collect()
    return batch_rows(source, 1, batch, range(batch.height))


def batch_rows(source: Source, first: int, batch: pl.DataFrame, positions: Sequence[int]) -> Iterator[Row | Dropped]:
    """The rows of ``batch`` at ``positions``; ``first`` is the number of its first row."""
    if not positions:
        return
    large = [name for name, kind in batch.schema.items() if kind in (pl.String, pl.Binary)]
    sizes = batch.select(pl.sum_horizontal(pl.col(large).cast(pl.Binary).bin.size())).to_series() if large else None
    for position in positions:
        if sizes is not None and (sizes[position] or 0) > MAX_ROW_BYTES:
            yield Dropped(source.name, first + position, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
        else:
            yield Row(source.name, first + position, batch.row(position, named=True))


def parquet_batches(
    source: Source, wanted: ColumnFormat | None, settings: TraceSettings
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Tables of at most ``BATCH_ROWS`` rows, with the number of the first.

    Polars holds a row group at a time; where that is more than ``LARGE_GROUP`` bytes, pyarrow reads it page by page.

    Raises:
        SourceError: when the footer or the data are destroyed or look like a bomb, no wanted column is there, or
            pyarrow is needed and not installed.
    """
    with _typed(source):
        table = pl.scan_parquet(source.path, glob=False)
        names = _selection(source, table.collect_schema().names(), wanted, settings)
        if _largest_group(source, names) > LARGE_GROUP:
            batches = _page_by_page(source, names)
        else:
            batches = iter(table.select(names).collect_batches(chunk_size=BATCH_ROWS, maintain_order=True))
    number = 1
    while True:
        with _typed(source, number):
            batch = next(batches, None)
        if batch is None:
            return
        yield number, batch
        number += batch.height


def _largest_group(source: Source, names: list[str]) -> int:
    """The bytes that the columns ``names`` take in the row group where they take most."""
    largest = 0
    for group in row_group_sizes(source.path):
        columns = [column for column in group if column.name in names]
        for column in columns:
            growth = column.unpacked / max(column.packed, 1)
            if column.unpacked > BOMB_BYTES and growth > BOMB_RATIO:
                detail = f"the column '{column.name}' grows to {growth:,.0f} times its size"
                raise SourceError(source.name, 0, BOMB, "decompress it yourself if you trust it", detail)
        largest = max(largest, sum(column.unpacked for column in columns))
    return largest


def _page_by_page(source: Source, names: list[str]) -> Iterator[pl.DataFrame]:
    try:
        import pyarrow.parquet
    except ImportError:
        cure = f"pip install pyarrow, or write it again with row groups of {BATCH_ROWS:,} rows"
        raise SourceError(source.name, 0, "has a row group too large to be held", cure) from None
    file = pyarrow.parquet.ParquetFile(source.path, buffer_size=_BUFFER, pre_buffer=False)
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
            yield pl.DataFrame(pl.from_arrow(batch)).select(names)
    except pyarrow.ArrowException as exc:
        raise OSError(str(exc)) from exc


@contextmanager
def _typed(source: Source, row: int = 0) -> Iterator[None]:
    """Polars' errors as ours; a destroyed file makes it panic at times."""
    if source.packing:
        raise SourceError(source.name, 0, "Parquet inside a compressed file", f"remove the {source.packing}")
    if source.path.exists() and not source.path.is_file():  # reading a pipe would wait for ever
        raise SourceError(source.name, 0, NOT_REGULAR, "name a file, or '-' for standard input")
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as exc:
        raise SourceError(source.name, row, "not readable as Parquet", "copy it again", first_line(exc)) from None


def _selection(source: Source, names: list[str], wanted: ColumnFormat | None, settings: TraceSettings) -> list[str]:
    selection = names if wanted is None else [name for name in wanted.columns(settings) if name in names]
    if not selection:
        shown = ", ".join(names[:12])
        raise SourceError(source.name, 0, "has none of the format's columns", "choose another", f"it has {shown}")
    return selection
