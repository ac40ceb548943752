"""Label as the run folder shows it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError
from topicsmith.project_file import read_project
from topicsmith.stages.label import settings


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


def test_a_column_that_no_row_has_is_named(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("table:second", "table:third"))
    with pytest.raises(ProjectError, match="third"):
        run(small_project, ["ingest", "label"])


def test_fault_37_a_prompt_file_that_changed_makes_the_labels_stale(small_project: Path) -> None:
    project = read_project(small_project)
    prompt = (
        'name: mine\nsystem: "Pick. {topics} {answer}"\nuser: "{text}"\njson: "Use {fields}."\nxml: "Use {fields}."\n'
    )
    (small_project / "mine.yaml").write_text(prompt)
    asked = replace(project, labeling=project.labeling.model_copy(update={"prompt": "mine.yaml"}))
    first = settings(asked)
    assert settings(asked) == first
    (small_project / "mine.yaml").write_text(prompt.replace("Pick.", "Choose."))
    assert settings(asked) != first
    (small_project / "mine.yaml").write_text(prompt.replace("{text}", "the text"))
    with pytest.raises(ProjectError, match=r"mine.yaml:3: 'user' has no place '\{text\}'"):
        settings(asked)
