"""Which labels are wrong: cuts worked out by hand, and labels spoilt on purpose."""

import numpy as np
import pytest

from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.statistics.label_noise import confident_cut, margins, random_cut, wrong_labels


def test_margins_by_hand() -> None:
    best, margin = margins(np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]]), np.array([0, 1]))
    assert best.tolist() == [1, 2]
    assert np.exp(margin) == pytest.approx([0.5, 3.0])


def test_confident_learning_by_hand() -> None:
    # Usual own probability: topic 0 (.9 + .8 + .1) / 3 = .6, topic 1 (.9 + .5) / 2 = .7. Row 2 is labelled 0 and .9
    # for topic 1: one label of topic 0 is topic 1's. Row 4 is labelled 1 and .5 for topic 0, under .6, and for 1 under
    # .7: it counts for nobody. So topic 0 loses the label with the least probability and the largest gap: row 2.
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.5, 0.5]])
    assert confident_cut(probabilities, np.array([0, 0, 0, 1, 1])).tolist() == [False, False, True, False, False]


def _spoilt(rows: int, topics: int, share: float, kind: str, seed: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Probabilities of a classifier that is mostly right, true topics, and labels of which a share is spoilt."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, topics, rows)
    scores = rng.normal(0, 1, (rows, topics))
    scores[np.arange(rows), truth] += 4
    hit = rng.random(rows) < share
    given = np.where(hit, (truth + rng.integers(1, topics, rows)) % topics, truth)
    if kind == "pair":
        given = np.where(hit & (truth == 0), 1, truth)
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True), truth, given


@pytest.mark.parametrize(("kind", "share"), [("random", 0.05), ("random", 0.2), ("pair", 0.2)])
def test_spoilt_labels_are_found_and_few_others(kind: str, share: float) -> None:
    probabilities, truth, given = _spoilt(4000, 8, share, kind, 3)
    found, wrong = wrong_labels(probabilities, given), given != truth
    assert (found & wrong).sum() > 0.8 * wrong.sum()
    assert (found & wrong).sum() > 0.7 * found.sum()


def test_where_nothing_is_spoilt_little_is_suspected() -> None:
    probabilities, _, given = _spoilt(4000, 8, 0.0, "random", 4)
    assert wrong_labels(probabilities, given).mean() < 0.01


def test_a_label_that_is_the_classifiers_own_answer_is_never_suspected() -> None:
    probabilities, _, given = _spoilt(500, 5, 0.3, "random", 5)
    assert not wrong_labels(probabilities, given)[probabilities.argmax(axis=1) == given].any()


def test_no_rows_are_no_trouble() -> None:
    assert wrong_labels(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)).shape == (0,)


def test_labels_that_the_classifier_always_repeats_have_no_cut() -> None:
    probabilities = np.tile([0.9, 0.1], (20, 1))
    assert random_cut(probabilities, np.zeros(20, dtype=np.int64)) == float("inf")
