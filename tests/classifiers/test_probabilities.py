import numpy as np
import pytest

from topicsmith.classifiers.probabilities import fit_sharpness, predictions, softmax


def test_softmax_by_hand() -> None:
    # e^0 : e^ln3 = 1 : 3
    assert softmax(np.array([[0.0, np.log(3.0)]])) == pytest.approx(np.array([[0.25, 0.75]]))


def test_softmax_survives_large_scores() -> None:
    assert softmax(np.array([[1e5, 0.0]])).tolist() == [[1.0, 0.0]]


def test_the_largest_probability_is_the_answer() -> None:
    found = predictions(("a", "b"), np.array([[0.3, 0.7], [0.5, 0.5]]))
    assert found.topics == ["b", "a"]
    assert found.confidences == [0.7, 0.5]


def test_fault_49_a_row_that_is_no_number_is_a_failure_of_its_own() -> None:
    found = predictions(("a", "b"), np.array([[np.nan, 0.5], [0.9, 0.1]]))
    assert [item.status for item in found] == ["failed", "ok"]
    assert found.topics == [None, "a"]
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.0, 0.0], [0.9, 0.1]]


def test_no_texts() -> None:
    assert len(predictions(("a", "b"), np.zeros((0, 2)))) == 0


def test_sharpness_brings_confidence_to_the_share_that_is_right() -> None:
    # one score for all rows, three of four right; with n = 4 each stands for 5/6: (3 × 5/6 + 1/6) / 4 = 2/3, odds of 2
    scores = np.tile([2.0, 0.0], (4, 1))
    factor = fit_sharpness(scores, np.array([0, 0, 0, 1]))
    assert factor == pytest.approx(np.log(2) / 2, abs=1e-4)


def test_sharpness_stays_bounded_when_all_is_right() -> None:
    # five right rows stand for 6/7 each, odds of 6
    factor = fit_sharpness(np.array([[1.0, 0.0]] * 5), np.zeros(5, dtype=np.int64))
    assert factor == pytest.approx(np.log(6), abs=1e-4)
