"""Answers are kept per candidate, for labelled and unlabelled rows alike."""

from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.run_tables import RunTables
from topicsmith.runs import find_run


@pytest.mark.slow
def test_disputed_test_rows_are_answered_too(small_project: Path) -> None:
    run(small_project)
    folder = find_run(small_project / "runs/latest")
    rows = RunTables(folder).held_out
    answered = pl.read_parquet(folder.predictions("tfidf"))
    assert answered["query_id"].to_list() == [query.query_id for _, query in rows]
    labels = pl.read_parquet(folder.file("labels.parquet"))
    assert answered.join(labels.filter(pl.col("topic").is_null()), on="query_id").height > 0


@pytest.mark.slow
def test_a_new_candidate_does_not_ask_the_old_ones_again(small_project: Path) -> None:
    run(small_project)
    kept = small_project / "runs/small/predictions/tfidf.parquet"
    before = kept.stat().st_mtime_ns
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("  - {name: tfidf-2, kind: linear, seed: 14}\n")
    assert run(small_project)["evaluate"] is False
    assert kept.stat().st_mtime_ns == before
