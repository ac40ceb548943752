from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.majority import KIND, MajoritySettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.records import Example, TrainSet, ValidationSet


def test_answers_the_most_frequent_topic_with_its_share(context: FitContext, tmp_path: Path) -> None:
    rows = [Example("1", "a", "Music", copies=3), Example("2", "b", "Cooking"), Example("3", "c", "Music", copies=0)]
    made = KIND.fit(MajoritySettings(name="m", kind="majority"), TrainSet(tuple(rows)), ValidationSet(()), context)
    save_classifier(made, "majority", tmp_path / "model", "card", {})
    for classifier in (made, load_classifier(tmp_path / "model")):
        found = classifier.predict(["anything", ""])
        assert found.topics == ["Music", "Music"]
        assert found.confidences == [0.75, 0.75]
        assert found.probabilities is not None
        assert found.probabilities[0].tolist() == [0.25, 0.75]
    assert len(made.predict([])) == 0


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        MajoritySettings.model_validate({"name": "m", "kind": "majority", "depth": 3})
