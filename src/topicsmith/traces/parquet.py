"""Rows out of Parquet, by column and in batches of bounded size."""

from collections.abc import Iterator, Mapping

import polars as pl

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import TOO_LARGE, ColumnFormat, Row, SourceError
from topicsmith.traces.sources import Source
from topicsmith.traces.streams import MAX_ROW_BYTES

BATCH_ROWS = 500


def parquet_rows(source: Source, wanted: ColumnFormat | None, settings: TraceSettings) -> Iterator[Row | Dropped]:
    """The rows of a Parquet file, with only the columns that the format wants.

    Raises:
        SourceError: when the footer or the data are destroyed, or no wanted column is there.
    """
    if source.packing:
        raise SourceError(
            source.name, 0, "Parquet inside another packing", f"remove the {source.packing}: Parquet packs itself"
        )
    number = 0
    try:
        table = pl.scan_parquet(source.path)
        schema = table.collect_schema()
        table = table.select(_selection(source, schema, wanted, settings))
        large = [name for name, kind in table.collect_schema().items() if kind in (pl.String, pl.Binary)]
        for batch in table.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
            lengths = batch.select(pl.sum_horizontal(pl.col(large).cast(pl.Binary).bin.size())) if large else None
            sizes = lengths.to_series() if lengths is not None else [0] * batch.height
            for size, value in zip(sizes, batch.iter_rows(named=True), strict=True):
                number += 1
                if size is not None and size > MAX_ROW_BYTES:
                    yield Dropped(source.name, number, TOO_LARGE, f"over {MAX_ROW_BYTES:,} bytes")
                else:
                    yield Row(source.name, number, value)
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as exc:
        why = (str(exc) or type(exc).__name__).splitlines()[0]
        raise SourceError(source.name, number, "not readable as Parquet", "copy it again", why) from None


def _selection(
    source: Source, schema: Mapping[str, pl.DataType], wanted: ColumnFormat | None, settings: TraceSettings
) -> list[pl.Expr]:
    if wanted is None:
        return [pl.all()]
    selection = []
    for name, expression in wanted.columns(settings).items():
        if expression is not None and set(expression.meta.root_names()) <= set(schema):
            selection.append(expression.alias(name))
        elif name in schema:
            selection.append(pl.col(name))
    if not selection:
        shown = ", ".join(list(schema)[:12])
        raise SourceError(
            source.name, 0, "has none of the format's columns", "choose another format", f"it has {shown}"
        )
    return selection
