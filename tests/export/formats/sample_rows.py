"""Rows with texts that break out of things."""

from pathlib import Path

import polars as pl

from topicsmith.export.formats import row_formats
from topicsmith.export.rows import ExportRows

TOPICS = ("Arts & culture", "Other")
NASTY = ["=1+1", 'a "quoted", line\nand more', "naïve 日本語 \u2028", "'", "", "<b>&amp;", "x\ty"]


def rows_of(texts: list[str]) -> ExportRows:
    topics = [TOPICS[n % 2] if n % 3 else None for n in range(len(texts))]
    table = pl.DataFrame(
        {
            "query_id": [f"q{n}" for n in range(len(texts))],
            "text": texts,
            "topic": topics,
            "confidence": [0.5 if topic else None for topic in topics],
            "split": [("train", "validation", "test")[n % 3] for n in range(len(texts))],
            "annotator a:b": topics,
        },
        schema_overrides={"topic": pl.String, "confidence": pl.Float64, "annotator a:b": pl.String, "text": pl.String},
    )
    return ExportRows("labels", "a run", TOPICS, table)


def written(folder: Path, name: str, rows: ExportRows) -> Path:
    path = folder / f"out-{name}"
    row_formats()[name].write(rows, path)
    return path
