"""Label and agree as the run folder shows them."""

from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError


def test_an_abstention_is_a_row_with_its_reason(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"second": "Music"', '"second": "Cooking"', 1))
    run(small_project, ["ingest", "label", "agree"])
    latest = small_project / "runs/latest"
    statuses = pl.read_parquet(latest / "annotations.parquet")["status"].value_counts()
    assert dict(statuses.iter_rows()) == {"labelled": 359, "off_taxonomy": 1}
    labels = pl.read_parquet(latest / "labels.parquet")
    assert labels.height == 180
    assert set(labels["origin"]) == {"agreed", "disagreed", "abstained"}


def test_given_topics_are_the_labels_when_nobody_is_asked(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(
        text.replace("labeling: {annotators: ['table:first', 'table:second']}\n", "")
    )
    run(small_project, ["ingest", "label", "agree"])
    labels = pl.read_parquet(small_project / "runs/latest/labels.parquet")
    assert dict(labels["origin"].value_counts().iter_rows()) == {"given": 180}
    assert dict(labels["topic"].value_counts().iter_rows()) == {"Music": 60, "Travel": 60, "Money": 60}


def test_a_column_that_no_row_has_is_named(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("table:second", "table:third"))
    with pytest.raises(ProjectError, match="third"):
        run(small_project, ["ingest", "label"])
