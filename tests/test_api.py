"""The Python door: a project run, texts labelled, annotators compared."""

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import topicsmith as ts
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.tables import read_labels

PAGE = Path(__file__).parent.parent / "docs" / "python.md"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> ts.Run:
    from tests.conftest import write_small_project

    return ts.run(write_small_project(tmp_path_factory.mktemp("api") / "small"))


@pytest.mark.slow
def test_the_examples_of_the_page_run(finished: ts.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(finished.folder.parent.parent, tmp_path / "my-topics", symlinks=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["labelled"]["topic"].to_list() == ["Music", "Travel", "Money", "Travel"]
    assert names["predictions"].topics == ["Music", "Travel"]
    assert names["agreement"].agreed == 4


def test_a_run_shows_its_tables(finished: ts.Run) -> None:
    assert [report.name for report in finished.stages][-1] == "report"
    assert finished.leaderboard["candidate"].to_list() == ["tfidf", "floor"]
    assert finished.leaderboard["accuracy"][0] > finished.leaderboard["accuracy"][1]
    labels = finished.labels
    assert labels.columns[:2] == ["query_id", "text"]
    assert labels.columns[-2:] == ["table:first", "table:second"]
    agreed = labels.filter(pl.col("origin") == "agreed")
    assert agreed["topic"].to_list() == agreed["table:first"].to_list() == agreed["table:second"].to_list()
    assert len(agreed) == finished.agreement.agreed
    assert labels["topic"].to_list() == [label.topic for label in read_labels(finished.folder / "labels.parquet")]
    assert finished.report.is_file()
    assert finished.best.predict(["which guitar song"]).topics == ["Music"]


def test_a_second_run_is_up_to_date_and_until_stops(finished: ts.Run) -> None:
    again = ts.run(finished.folder.parent.parent, until="agree")
    assert [(report.name, report.skipped) for report in again.stages] == [
        ("ingest", True),
        ("label", True),
        ("agree", True),
    ]
    with pytest.raises(ProjectError, match="there is no stage 'agreee'; the stages are ingest, label"):
        ts.run(ts.read_project(finished.folder.parent.parent), until="agreee")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunStateError, match="not a run folder"):
        ts.read_run(tmp_path)


def test_labels_from_a_series_of_pandas(tmp_path: Path) -> None:
    topics = ts.Taxonomy((ts.Topic("Music", "songs and guitars"), ts.Topic("Money", "banks and loans")))
    found = ts.label(
        pd.Series(["guitar songs", "bank loans"]), topics, ["local:keywords"], ledger=tmp_path / "l.sqlite"
    )
    assert found.to_dict(as_series=False) == {
        "text": ["guitar songs", "bank loans"],
        "topic": ["Music", "Money"],
        "origin": ["agreed", "agreed"],
        "local:keywords": ["Music", "Money"],
    }


def test_wrong_annotators_and_topics_are_said_to_be() -> None:
    with pytest.raises(ProjectError, match="'nobody' is not of the form provider:model"):
        ts.label(["a"], ["x", "y"], ["nobody"])
    with pytest.raises(ts.UserError, match="a taxonomy needs at least 2 topics"):
        ts.label(["a"], ["x"], ["local:keywords"])


def test_agreement_of_two_columns_is_cohens_textbook_kappa() -> None:
    # Cohen's kappa of the 2 x 2 table 20, 5, 10, 15 is 0.4
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    for labels in (
        {"a": first, "b": second},
        pd.DataFrame({"a": first, "b": second}),
        pl.DataFrame({"a": first, "b": second}),
    ):
        found = ts.agreement(labels)
        assert found.kappa is not None
        assert found.kappa.value == pytest.approx(0.4)
        assert (found.rows, found.agreed, found.disagreed) == (50, 35, 15)


def test_agreement_counts_an_abstention_and_needs_two_columns() -> None:
    for missing in (None, float("nan")):
        assert ts.agreement({"a": ["x", missing, "y"], "b": ["x", "y", "y"]}).abstained == 1
    with pytest.raises(ts.UserError, match="1 annotators; agreement needs two or more"):
        ts.agreement({"a": ["x", "y"], "text": ["one", "two"]})
    with pytest.raises(ts.UserError, match="no column 'c'"):
        ts.agreement({"a": ["x"], "b": ["y"]}, annotators=["a", "c"])


def test_what_is_not_offered_is_an_attribute_error() -> None:
    assert "run" in dir(ts)
    with pytest.raises(AttributeError, match="no attribute 'rnu'"):
        ts.rnu  # noqa: B018
