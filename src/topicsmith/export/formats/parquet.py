"""Parquet, with types."""

from pathlib import Path

from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ExportRows


def _write(rows: ExportRows, path: Path) -> None:
    rows.table.write_parquet(path, compression="zstd")


FORMAT = RowFormat("parquet", _write, ".parquet")
