"""A cascade's folder, and how it answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.cascade.conftest import FEW, HELD, MANY, Fit, candidate, cascade
from topicsmith.classifiers.base import Assembled, Predictions, follows_edits
from topicsmith.classifiers.cascade.fit import fit_cascade
from topicsmith.classifiers.cascade.gate import Gate
from topicsmith.classifiers.cascade.model import CascadeClassifier, Member, Rule, load_cascade
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.errors import ModelFolderError, TrainingError
from topicsmith.records import Prediction


@dataclass
class Sayer:
    """Says one topic with the confidence that the text is; what is no number breaks it."""

    topics: tuple[str, ...]
    seen: list[str] = field(default_factory=list)
    purpose: str = ""
    refreshed: int = 0

    def predict(self, texts: Sequence[str]) -> Predictions:
        self.seen += texts
        sure = []
        for text in texts:
            if text == "broken":
                raise TrainingError("broken")
            sure.append(float(text))
        items = tuple(Prediction(self.topics[0], each) for each in sure)
        return Predictions(items, np.array([[each, 1 - each] for each in sure]).reshape(-1, 2))

    def save(self, folder: Path) -> None:
        """Nothing."""

    def spend_as(self, purpose: str) -> None:
        self.purpose = purpose

    def refresh(self) -> None:
        self.refreshed += 1


def three() -> tuple[CascadeClassifier, list[Sayer]]:
    sayers = [Sayer(("a", "b")), Sayer(("b", "c")), Sayer(("c", "a"))]
    members = [Member(name, "linear", sayer) for name, sayer in zip("xyz", sayers, strict=True)]
    rule = Rule((Gate(), Gate(2.0), Gate()), (0.8, 0.6), None, True)
    return CascadeClassifier(members, rule, ("c", "b", "a"), {}), sayers


def test_each_row_is_answered_by_the_first_member_that_is_sure() -> None:
    made, sayers = three()
    found = made.predict(["0.9", "0.6", "0.4", "0.81"])
    assert made.topics == ("c", "b", "a")
    assert found.topics == ["a", "b", "c", "a"]
    assert [item.member for item in found] == ["x", "y", "z", "x"]
    assert found.confidences == pytest.approx([0.9, 0.36 / 0.52, 0.4, 0.81])  # the second's log odds count twice
    assert sayers[1].seen == ["0.6", "0.4"]
    assert sayers[2].seen == ["0.4"]
    assert found.probabilities == pytest.approx(
        np.array([[0, 0.1, 0.9], [0.4, 0.6, 0], [0.4, 0, 0.6], [0, 0.19, 0.81]])
    )
    assert made.sent(["0.9", "0.3"]) == ["0.3"]
    assert isinstance(made, Assembled)
    assert made.models == tuple(sayers)
    assert follows_edits(made)  # all of them may be refreshed


def test_a_text_that_breaks_a_member_is_sent_on_and_fails_alone() -> None:
    made, sayers = three()
    found = made.predict(["0.9", "broken", "0.6"])
    assert [item.status for item in found] == ["ok", "failed", "ok"]
    assert [item.member for item in found] == ["x", "z", "y"]
    assert "broken" in sayers[2].seen
    assert found.probabilities is not None
    assert found.probabilities[1].tolist() == [0, 0, 0]


def test_no_text_gives_no_answer_and_members_hear_of_purposes_and_edits() -> None:
    made, sayers = three()
    found = made.predict([])
    assert len(found) == 0
    assert found.probabilities is not None
    assert found.probabilities.shape == (0, 3)
    made.spend_as("bench")
    made.refresh()
    assert [(sayer.purpose, sayer.refreshed) for sayer in sayers] == [("bench", 1)] * 3


def test_the_folder_holds_everything_and_answers_the_same(fitted: Fit, tmp_path: Path) -> None:
    context = fitted((candidate("small", "linear"), FEW), (candidate("big", "linear"), MANY))
    made = fit_cascade(cascade("small", "big", accuracy=0.9), FEW, HELD, context)
    save_classifier(made, "cascade", tmp_path / "model", "# card\n", {})
    for other in context.others.values():
        (other.folder / "weights.safetensors").unlink(missing_ok=True)  # nothing of them is needed any more
    again = load_classifier(tmp_path / "model")
    assert isinstance(again, CascadeClassifier)
    assert not follows_edits(again)
    texts = HELD.texts
    assert again.predict(texts).items == made.predict(texts).items
    assert again.predict(texts).probabilities == pytest.approx(made.predict(texts).probabilities)
    save_classifier(again, "cascade", tmp_path / "copy", "# card\n", {})
    assert load_classifier(tmp_path / "copy").predict(texts).items == made.predict(texts).items
    assert (tmp_path / "copy" / "member-1" / "topicsmith.json").is_file()


def test_a_damaged_folder_is_named(fitted: Fit, tmp_path: Path) -> None:
    context = fitted((candidate("small", "linear"), FEW), (candidate("big", "linear"), MANY))
    made = fit_cascade(cascade("small", "big", accuracy=0.9), FEW, HELD, context)
    folder = tmp_path / "plain"
    folder.mkdir()
    made.save(folder)
    config = folder / "cascade.json"
    saved = json.loads(config.read_text())
    config.write_text(json.dumps({**saved, "thresholds": []}))
    with pytest.raises(
        ModelFolderError, match=r"cascade\.json: does not have a threshold for each member but the last"
    ):
        load_cascade(folder)
    config.write_text(json.dumps({**saved, "gates": "wide"}))
    with pytest.raises(ModelFolderError, match=r"cascade\.json"):
        load_cascade(folder)
    config.unlink()
    with pytest.raises(ModelFolderError, match=r"cascade\.json"):
        load_cascade(folder)
