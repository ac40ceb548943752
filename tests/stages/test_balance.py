"""Balance as the run folder shows it."""

from collections import Counter
from pathlib import Path

import polars as pl

from tests.test_pipeline import run
from topicsmith.runs import RunFolder, find_run


def opened(folder: Path) -> RunFolder:
    return find_run(folder / "runs" / "latest")


def test_only_training_rows_are_balanced(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text + "balance: {max_ratio: 1}\n")
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    folder = opened(small_project)
    splits = pl.read_parquet(folder.file("splits.parquet"))
    held_back = splits.filter(pl.col("split") != "train")
    assert held_back["copies"].unique().to_list() == [1]
    labels = pl.read_parquet(folder.file("labels.parquet"))
    train = splits.filter(pl.col("split") == "train").join(labels, on="query_id").drop_nulls("topic")
    after: Counter[str] = Counter()
    for topic, copies in train.select("topic", "copies").iter_rows():
        after[topic] += copies
    assert len(set(after.values())) == 1
