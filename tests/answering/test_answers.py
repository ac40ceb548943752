"""What is said of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from topicsmith.answering.answers import BATCH, AnswerSettings, answers
from topicsmith.classifiers.base import Predictions
from topicsmith.evaluation.confidence.saved import SavedCalibration
from topicsmith.loading import Classifier
from topicsmith.records import Prediction
from topicsmith.traces.input_rows import InputRow


@dataclass(frozen=True)
class ByLength:
    """Topic by the length of the text: one letter is A at .9, two are B at .6, more are refused."""

    topics: tuple[str, ...] = ("A", "B")

    def predict(self, texts: Sequence[str]) -> Predictions:
        said = {1: Prediction("A", 0.9), 2: Prediction("B", 0.6)}
        items = tuple(said.get(len(text), Prediction(None, None, "refused")) for text in texts)
        return Predictions(items, np.tile([0.75, 0.25], (len(texts), 1)))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def by_length(calibration: SavedCalibration | None = None) -> Classifier:
    return Classifier(ByLength(), "by-length", Path(), calibration)


def row(text: str, own: str | None = None) -> InputRow:
    return InputRow("f:1", own, "ok", text)


ROWS = [
    row("a", "1"),
    InputRow("f:2", None, "empty", problem="a blank line"),
    row("bb", "3"),
    InputRow("f:4", "4", "unreadable", problem="no text"),
    row("ccc"),
]


def test_one_answer_a_row_with_its_reason() -> None:
    found = list(answers(by_length(), ROWS, AnswerSettings(threshold=0.7)))
    assert [(a.id, a.topic, a.confidence, a.status, a.problem) for a in found] == [
        ("1", "A", 0.9, "ok", None),
        (None, None, None, "empty", "a blank line"),
        ("3", "B", 0.6, "review", None),
        ("4", None, None, "unreadable", "no text"),
        (None, None, None, "failed", "refused"),
    ]
    assert all(a.text is None and a.probabilities is None for a in found)


def test_text_and_probabilities_where_they_are_wanted() -> None:
    first, empty, *_ = answers(by_length(), ROWS, AnswerSettings(probabilities=True, text=True))
    assert (first.text, first.probabilities) == ("a", {"A": 0.75, "B": 0.25})
    assert (empty.text, empty.probabilities) == (None, None)


def test_the_run_s_own_threshold_holds_in_confidences_as_stated() -> None:
    halved = SavedCalibration(temperature=2.0, wished_error=0.02, threshold=0.9)
    a, b = answers(by_length(halved), [row("a"), row("bb")], AnswerSettings())
    assert (a.status, b.status) == ("ok", "review")
    assert a.confidence is not None
    assert round(a.confidence, 6) == 0.75  # .9 / .1 is 9 to 1; its root is 3 to 1
    [unsure] = answers(by_length(halved), [row("a")], AnswerSettings(threshold=0.8))
    assert unsure.status == "review"


def test_no_threshold_is_promised_so_every_answer_stands() -> None:
    found = answers(by_length(SavedCalibration(wished_error=0.02)), [row("bb")], AnswerSettings())
    assert [a.status for a in found] == ["ok"]


def test_batches_keep_the_order() -> None:
    rows = [row("a" if n % 3 else "", str(n)) if n % 3 else InputRow("f", str(n), "empty") for n in range(3 * BATCH)]
    assert [a.id for a in answers(by_length(), rows, AnswerSettings())] == [str(n) for n in range(3 * BATCH)]


def test_training_k6_a_text_that_breaks_the_model_is_one_failed_row_among_empty_ones() -> None:
    class Breaks(ByLength):
        def predict(self, texts: Sequence[str]) -> Predictions:
            if "bb" in texts:
                raise IndexError("index out of range")
            return super().predict(texts)

    found = list(answers(Classifier(Breaks(), "breaks", Path()), ROWS, AnswerSettings()))
    assert [answer.status for answer in found] == ["ok", "empty", "failed", "unreadable", "failed"]
    assert [answer.topic for answer in found] == ["A", None, None, None, None]
