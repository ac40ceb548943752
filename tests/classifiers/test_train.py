import json
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.folder import load_classifier
from topicsmith.classifiers.linear import Settings
from topicsmith.classifiers.train import CHECKPOINTS, train_candidate
from topicsmith.errors import TrainingError
from topicsmith.records import Example, TrainSet, ValidationSet

SETTINGS = Settings(name="tfidf", kind="linear", seed=5)


def test_the_folder_loads_alone_and_says_what_it_is(
    train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    scratch = context.work / CHECKPOINTS
    scratch.mkdir(parents=True)
    record = train_candidate(SETTINGS, train_set, validation_set, context, tmp_path / "out" / "tfidf")
    assert (record.rows, record.rows_seen, record.usd, record.device) == (90, 90, None, "cpu")
    assert record.topics == ("Cooking", "Music", "Other")
    assert not scratch.exists()
    manifest = json.loads((tmp_path / "out" / "tfidf" / "topicsmith.json").read_text())
    assert manifest["settings"]["seed"] == 5
    assert manifest["data"]["validation rows"] == 36
    assert set(manifest["libraries"]) >= {"python", "scikit-learn"}
    assert manifest["seconds"] == pytest.approx(record.seconds, abs=1e-3)
    assert load_classifier(record.folder).predict(["piano melody"]).topics == ["Music"]


def test_a_failed_training_leaves_the_earlier_folder(
    train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    train_candidate(SETTINGS, train_set, validation_set, context, tmp_path / "tfidf")
    one_topic = TrainSet((Example("1", "soup", "Cooking"),))
    with pytest.raises(TrainingError):
        train_candidate(SETTINGS, one_topic, validation_set, context, tmp_path / "tfidf")
    assert load_classifier(tmp_path / "tfidf").predict(["soup bread"]).topics == ["Cooking"]
