"""A run's labels and predictions as tables, against the run's own."""

from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError
from topicsmith.export.rows import label_rows, prediction_rows
from topicsmith.runs import find_run

TOPICS = ("Music", "Travel", "Money")


@pytest.mark.slow
def test_labels_and_predictions_are_the_run_s_own(small_project: Path) -> None:
    run(small_project)
    folder = find_run(small_project)
    labels = label_rows(folder, TOPICS)
    own = pl.read_parquet(folder.file("labels.parquet"))
    assert labels.table["topic"].to_list() == own["topic"].to_list()
    assert labels.table.columns[-2:] == ["annotator table:first", "annotator table:second"]
    first = labels.table.row(0, named=True)
    assert (first["trace_id"], first["given_topic"], first["topic"], first["origin"]) == (
        "row-0", "Music", "Travel", "agreed",
    )  # fmt: skip
    assert first["annotator table:first"] == "Travel"
    assert labels.table["split"].value_counts().sort("split")["count"].to_list() == [54, 99, 27]
    assert labels.topics == TOPICS

    answers = prediction_rows(folder, TOPICS)
    assert answers.candidate == "tfidf"
    assert answers.table.height == 54
    wanted = pl.read_parquet(folder.predictions("tfidf")).filter(pl.col("split") == "test")
    assert answers.table["topic"].to_list() == wanted["topic"].to_list()
    given = dict(labels.table.select("query_id", "given_topic").iter_rows())
    assert answers.table["true_topic"].to_list() == [given[query] for query in answers.table["query_id"]]
    assert set(prediction_rows(folder, TOPICS, "floor").table["topic"]) != set(answers.table["topic"])
    with pytest.raises(ProjectError, match=r"--candidate nobody: has no predictions in .*; there are: floor, tfidf"):
        prediction_rows(folder, TOPICS, "nobody")


def test_labels_before_there_are_splits(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    labels = label_rows(find_run(small_project), ())
    assert labels.table["split"].null_count() == 180
    assert labels.topics == ("Money", "Music", "Travel")  # by name, where no taxonomy tells an order
