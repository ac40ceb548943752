"""Weighing opinions, against majority vote, on simulated annotators and real words."""

import numpy as np
import pytest
from numpy.typing import NDArray

from topicsmith.labels.soft_labels import JudgedRow, score_calibration, weigh, with_confidence
from topicsmith.records import Label

_TOPICS = 6
_Ints = NDArray[np.int64]


def _rows(accuracies: list[float], rows: int, seed: int) -> tuple[list[str], _Ints, _Ints]:
    """Texts with one telling word in three, and annotators who err independently."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, _TOPICS, rows)
    texts = [f"t{topic}w{rng.integers(5)} and n{rng.integers(40)} n{rng.integers(40)}" for topic in truth]
    answers = [np.where(rng.random(rows) < a, truth, rng.integers(0, _TOPICS, rows)) for a in accuracies]
    return texts, truth, np.column_stack(answers)


def _majority(ratings: _Ints) -> _Ints:
    return np.array([max(row, key=row.count) for row in ratings.tolist()])


def test_better_than_majority_vote_of_three() -> None:
    texts, truth, ratings = _rows([0.85, 0.6, 0.5], 1500, seed=1)
    weighted = weigh(texts, ratings, _TOPICS).argmax(axis=1)
    assert (weighted == truth).mean() > (_majority(ratings) == truth).mean() + 0.03


def test_two_annotators_are_told_apart_by_what_the_texts_say() -> None:
    texts, truth, ratings = _rows([0.55, 0.85], 1500, seed=2)
    weighted = weigh(texts, ratings, _TOPICS).argmax(axis=1)
    assert (weighted == truth).mean() > max((ratings[:, who] == truth).mean() for who in (0, 1))


def test_texts_that_say_nothing_do_little_harm() -> None:
    _, truth, ratings = _rows([0.8, 0.75, 0.7], 1500, seed=3)
    rng = np.random.default_rng(4)
    noise = [f"n{rng.integers(50)} n{rng.integers(50)}" for _ in range(1500)]
    weighted = weigh(noise, ratings, _TOPICS).argmax(axis=1)
    assert (weighted == truth).mean() > (_majority(ratings) == truth).mean() - 0.01


def test_rows_sum_to_one_without_any_agreement() -> None:
    probabilities = weigh(["a", "b"], np.array([[0, 1], [1, -1]]), 3)
    assert np.allclose(probabilities.sum(axis=1), 1)


def _labels(scores: list[float]) -> list[Label]:
    return [
        Label(f"q{at}", "A", None, "agreed" if at % 2 else "adjudicated", None, (("A", score),), score)
        for at, score in enumerate(scores)
    ]


def test_confidence_is_what_the_audit_makes_of_scores() -> None:
    labels = _labels([0.95] * 200)
    judged = {f"q{at}": JudgedRow("A" if at < 60 else "B", 2.0) for at in range(100)}
    calibration = score_calibration(labels, judged)
    assert calibration is not None
    assert (calibration.judged, calibration.right, calibration.claimed) == pytest.approx((100, 0.6, 0.95))
    found = with_confidence([*labels, Label("x", "A", None, "agreed")], calibration)
    assert found[0].confidence == pytest.approx(0.6, abs=0.03)
    assert found[0].score == 0.95
    assert found[-1].confidence is None  # a label without a score gets none


def test_too_few_judged_rows_make_no_confidence() -> None:
    labels = _labels([0.9] * 20)
    judged = {f"q{at}": JudgedRow("A", 1.0) for at in range(9)}
    assert score_calibration(labels, judged) is None
    assert with_confidence(labels, None) == labels
