"""Split as the run folder shows it."""

from pathlib import Path

import polars as pl

from tests.test_pipeline import run


def test_split_and_balance_each_have_a_file_of_their_own(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree", "split"])
    latest = small_project / "runs/latest"
    assigned = pl.read_parquet(latest / "assignments.parquet")
    assert assigned.columns == ["query_id", "split", "group"]
    assert not (latest / "splits.parquet").exists()
    written = (latest / "assignments.parquet").read_bytes()
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    assert (latest / "assignments.parquet").read_bytes() == written
    balanced = pl.read_parquet(latest / "splits.parquet")
    assert balanced.drop("copies").equals(assigned)
