"""Ingest, split and balance as the run folder shows them."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import TaxonomyError, TraceError
from topicsmith.runs import RunFolder, find_run
from topicsmith.stages.rows import read_sets


def opened(folder: Path) -> RunFolder:
    return find_run(folder / "runs" / "latest")


def test_a_given_topic_outside_the_taxonomy_is_refused_with_the_near_one(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"topic": "Music"', '"topic": "music"', 1))
    with pytest.raises(TaxonomyError, match=r"trace row-0 has the topic 'music'.*write it 'Music'"):
        run(small_project, ["ingest"])


def test_rows_without_any_question_are_an_error_that_counts_them(small_project: Path) -> None:
    (small_project / "rows.jsonl").write_text(
        '{"id": "1", "text": "", "topic": "Music"}\n{"id": "2", "text": "  ", "topic": "Music"}\n'
    )
    with pytest.raises(TraceError, match="none of 2 traces has a question"):
        run(small_project, ["ingest"])


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


def test_disagreed_rows_are_judged_by_the_truth_and_never_learned_from(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    sets = read_sets(opened(small_project))
    assert sets.test.truth == "given"
    assert any(row.label is None for row in sets.test)
    assert all(row.label is not None for row in sets.train)
    ids = [row.query_id for part in (sets.train, sets.validation, sets.test) for row in part]
    assert len(ids) == len(set(ids))
