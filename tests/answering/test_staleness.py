"""Whether a classifier is still what its project asks for."""

import shutil
from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.answering.staleness import staleness
from topicsmith.loading import load


@pytest.mark.slow
def test_what_changed_since_training_is_told(small_project: Path, tmp_path: Path) -> None:
    run(small_project)
    classifier = load(small_project, "tfidf")
    assert staleness(classifier) == []
    project = small_project / "topicsmith.yaml"
    before = project.read_text()
    project.write_text(before.replace("test: 0.3", "test: 0.25"))
    assert staleness(classifier) == [
        "its run is not up to date (split: settings or inputs changed); 'topicsmith run' brings it up to date"
    ]
    project.write_text("candidates: [")
    assert staleness(classifier) == []
    project.write_text(before)
    shutil.copytree(classifier.folder, tmp_path / "a" / "b" / "alone")
    assert staleness(load(tmp_path / "a" / "b" / "alone")) == []
