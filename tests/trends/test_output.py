"""What is left in the run."""

from pathlib import Path

import polars as pl

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import answers, trends_of
from topicsmith.trends.output import write_trends


def test_the_page_and_the_rows_lie_in_the_run_and_old_rows_do_not_stay(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)])
    found = trends_of(run, answers(tmp_path, length=30, changes=20, new=8))
    page, rows = write_trends(run, tmp_path, found.report, found.rows)
    assert (page, rows) == (run.path / "trends/trends.html", run.path / "trends/alarm_rows.parquet")
    table = pl.read_parquet(rows)
    assert table.columns[:7] == ["alarm", "statistic", "raised", "query_id", "trace_id", "text", "time"]
    assert len(table) == len(found.rows) > 0
    calm = trends_of(run, answers(tmp_path, length=10))
    write_trends(run, tmp_path, calm.report, calm.rows)
    assert len(pl.read_parquet(rows)) == 0
