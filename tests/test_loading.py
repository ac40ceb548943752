"""Loading from a run folder or a model folder."""

from pathlib import Path

import pytest

import topicsmith
from tests.test_pipeline import run
from topicsmith.errors import ModelFolderError


def test_the_best_candidate_of_a_run_and_any_other_by_name(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs" / "latest"
    best = topicsmith.load(latest)
    assert best.predict(["my loan from the bank"]).topics == ["Money"]
    alone = topicsmith.load(latest / "classifiers" / "tfidf")
    assert alone.predict(["my loan from the bank"]).confidences == best.predict(["my loan from the bank"]).confidences
    assert topicsmith.load(latest, "floor").topics == ("Music", "Travel", "Money")
    with pytest.raises(ModelFolderError, match="has no candidate 'nobody'; it has: floor, tfidf"):
        topicsmith.load(latest, "nobody")


def test_what_is_neither_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="neither a run folder nor a model folder"):
        topicsmith.load(tmp_path)
