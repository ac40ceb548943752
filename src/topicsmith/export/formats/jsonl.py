"""JSON lines, texts exactly as they are."""

from pathlib import Path

from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ExportRows


def _write(rows: ExportRows, path: Path) -> None:
    rows.table.write_ndjson(path)


FORMAT = RowFormat("jsonl", _write, ".jsonl")
