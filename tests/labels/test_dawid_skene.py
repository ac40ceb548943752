"""Dawid and Skene's estimates on simulated annotators."""

import numpy as np
import pytest

from topicsmith.labels.dawid_skene import dawid_skene


def _simulated(accuracies: list[float], rows: int, topics: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, topics, rows)
    answers = [np.where(rng.random(rows) < a, truth, rng.integers(0, topics, rows)) for a in accuracies]
    return truth, np.column_stack(answers)


def test_reliabilities_are_found_without_the_truth() -> None:
    accuracies = [0.9, 0.75, 0.6]
    truth, ratings = _simulated(accuracies, 4000, 4, seed=3)
    found = dawid_skene(ratings, 4)
    real = [(ratings[:, who] == truth).mean() for who in range(3)]
    assert found.accuracies == pytest.approx(real, abs=0.03)
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(4000))
    assert found.confusion.sum(axis=2) == pytest.approx(np.ones((3, 4)))


def test_a_good_annotator_outweighs_two_poor_ones() -> None:
    truth, ratings = _simulated([0.95, 0.5, 0.5], 4000, 4, seed=4)
    majority = np.array([np.bincount(row, minlength=4).argmax() for row in ratings])
    weighted = dawid_skene(ratings, 4).probabilities.argmax(axis=1)
    assert (weighted == truth).mean() > (majority == truth).mean() + 0.05


def test_probabilities_of_independent_annotators_are_calibrated() -> None:
    truth, ratings = _simulated([0.8, 0.7, 0.7], 6000, 5, seed=5)
    chances = dawid_skene(ratings, 5).probabilities
    assert chances.max(axis=1).mean() == pytest.approx((chances.argmax(axis=1) == truth).mean(), abs=0.02)


def test_missing_answers_say_nothing() -> None:
    truth, ratings = _simulated([0.9, 0.9, 0.9], 900, 3, seed=6)
    ratings[::3, 0] = -1
    ratings[5] = -1
    found = dawid_skene(ratings, 3)
    assert (found.probabilities.argmax(axis=1) == truth).mean() > 0.9
    prevalence = found.probabilities.sum(axis=0) / 900
    assert found.probabilities[5] == pytest.approx(prevalence, abs=0.01)


def test_no_rows_are_no_trouble() -> None:
    assert dawid_skene(np.zeros((0, 3), dtype=np.int64), 3).probabilities.shape == (0, 3)
