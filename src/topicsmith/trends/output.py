"""What ``topicsmith trends`` leaves in the run: the page, and the table of rows behind alarms."""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import polars as pl

from topicsmith.atomic_files import write_bytes
from topicsmith.runs import RunFolder
from topicsmith.trends.alarms import AlarmRow
from topicsmith.trends.page import render
from topicsmith.trends.results import TrendsReport

FOLDER = "trends"
PAGE = f"{FOLDER}/trends.html"
ROWS = f"{FOLDER}/alarm_rows.parquet"

ALARM_ROWS = {
    "alarm": pl.Int64,
    "statistic": pl.String,
    "raised": pl.String,
    "query_id": pl.String,
    "trace_id": pl.String,
    "text": pl.String,
    "time": pl.String,
    "topic": pl.String,
    "nearness": pl.Float64,
}
"""The columns of the table: a row stands there once for each alarm that it is behind."""


def write_trends(run: RunFolder, where: Path, report: TrendsReport, rows: Sequence[AlarmRow]) -> tuple[Path, Path]:
    """Write the page and the table, an empty one where there was no alarm; ``where`` is the run as the user wrote it.

    Raises:
        StorageError: when the disk is full or failing.
    """
    run.write_table(ROWS, [astuple(row) for row in rows], ALARM_ROWS)
    write_bytes(run.file(PAGE), render(report, run.name, str(where), str(run.file(ROWS))).encode())
    return run.file(PAGE), run.file(ROWS)
