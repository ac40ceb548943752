"""What the process does that owns the model."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from tests.serving.models import write_model
from topicsmith.classifiers.base import Predictions
from topicsmith.errors import ModelFolderError, UpstreamError
from topicsmith.loading import Classifier, load
from topicsmith.records import Prediction
from topicsmith.serving.frames import packed, receive
from topicsmith.serving.worker import PROBES, check, described, said, serve


@dataclass(frozen=True)
class Odd:
    """Fails for texts with 'poison', and gives no number for those with 'nan'."""

    topics: tuple[str, ...] = ("A", "B")

    def predict(self, texts: Sequence[str]) -> Predictions:
        if any("poison" in text for text in texts):
            raise ValueError(f"cannot read {texts[0]}")
        if any("upstream" in text for text in texts):
            raise UpstreamError("the service answered strangely")
        rows = np.array([[np.nan, np.nan] if "nan" in text else [0.75, 0.25] for text in texts]).reshape(-1, 2)
        return Predictions(tuple(Prediction("A", float(row[0])) for row in rows), rows)

    def save(self, folder: Path) -> None:
        raise NotImplementedError


ODD = Classifier(Odd(), "odd", Path("odd"))


def test_a_row_a_text() -> None:
    assert said(ODD, ["x"], probabilities=True) == [["A", None, 0.75, True, "ok", None, {"A": 0.75, "B": 0.25}]]
    assert said(ODD, ["x"], probabilities=False)[0][-1] is None


def test_fault_49_a_poisonous_text_and_one_without_a_number_fail_for_themselves_alone() -> None:
    found = said(ODD, ["x", "poison", "nan", "y"], probabilities=True)
    assert [(row[0], row[4]) for row in found] == [("A", "ok"), (None, "failed"), (None, "failed"), ("A", "ok")]


def test_every_message_is_answered_until_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    worker = Thread(target=serve, args=(theirs, ODD))
    worker.start()
    for texts, told in [
        (["x"], {"said": [["A", None, 0.75, True, "ok", None, None]]}),
        (["poison"], {"said": [[None, None, None, False, "failed", None, None]]}),
    ]:
        ours.sendall(packed({"texts": texts, "probabilities": False}))
        assert receive(ours) == told
    ours.close()
    worker.join(5)
    theirs.close()
    assert not worker.is_alive()


def test_of_an_error_that_is_not_ours_only_the_type_is_told() -> None:
    ours, theirs = socket.socketpair()
    broken = Classifier(Odd(()), "odd", Path("odd"))  # its probabilities fit no topics: nobody foresaw it
    worker = Thread(target=serve, args=(theirs, broken))
    worker.start()
    ours.sendall(packed({"texts": ["my secret"], "probabilities": True}))
    assert receive(ours) == {"error": "ValueError"}
    ours.close()
    worker.join(5)
    theirs.close()


def answers(*rows: tuple[str | None, float]) -> Predictions:
    return Predictions(tuple(Prediction(topic, sure) for topic, sure in rows))


@pytest.mark.parametrize(
    ("together", "alone", "told"),
    [
        (answers(*[("C", 0.5)] * 3), ("C", 0.5), "does not answer the test text"),
        (answers(*[(None, 0.5)] * 3), (None, 0.5), "does not answer the test text"),
        (answers(*[("A", float("nan"))] * 3), ("A", 0.5), "is not a number"),
        (answers(*[("A", 0.5)] * 3), ("B", 0.5), "differently in company than alone"),
        (answers(*[("A", 0.5)] * 3), ("A", 0.6), "differently in company than alone"),
    ],
)
def test_fault_53_a_model_that_does_not_answer_as_one_is_refused(
    together: Predictions, alone: tuple[str | None, float], told: str
) -> None:
    def predict(texts: Sequence[str]) -> Predictions:
        return together if len(texts) == len(PROBES) else answers(alone)

    with pytest.raises(ModelFolderError, match=told):
        check(ODD, predict)


def test_a_sound_model_is_believed_and_described(tmp_path: Path) -> None:
    classifier = load(write_model(tmp_path / "m"))
    check(classifier)
    found = described(classifier)
    assert str(found.pop("id")).startswith("m@")
    assert isinstance(found.pop("loaded"), int)
    assert found == {"kind": "majority", "topics": ["A", "B"], "taxonomy": "t-0.25", "reads_tokens": None}


def test_two_models_have_two_ids(tmp_path: Path) -> None:
    first = described(load(write_model(tmp_path / "m")))["id"]
    assert described(load(write_model(tmp_path / "m", 0.9)))["id"] != first
