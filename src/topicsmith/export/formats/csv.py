"""CSV for spreadsheets: a cell that one would take for a formula gets an apostrophe in front."""

from pathlib import Path

import polars as pl

from topicsmith.csv_cells import escape
from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ExportRows


def _write(rows: ExportRows, path: Path) -> None:
    texts = [name for name, kind in rows.table.schema.items() if kind == pl.String]
    safe = rows.table.with_columns(pl.col(texts).map_elements(escape, return_dtype=pl.String))
    safe.rename({name: escape(name) for name in safe.columns}).write_csv(path)


FORMAT = RowFormat("csv", _write, ".csv")
