"""Dawid and Skene's estimates on simulated annotators."""

import numpy as np
import pytest

from topicsmith.labels.dawid_skene import HIGHEST, dawid_skene


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


def test_scores_are_capped_and_leave_room_for_shared_errors() -> None:
    truth, ratings = _simulated([0.8, 0.7, 0.7], 6000, 5, seed=5)
    scores = dawid_skene(ratings, 5).probabilities
    assert scores.max() <= HIGHEST + 1e-6
    assert scores.max(axis=1).mean() < (scores.argmax(axis=1) == truth).mean()


def test_two_against_one_claims_no_certainty_where_all_err_on_the_same_rows() -> None:
    rng = np.random.default_rng(8)
    truth, hardness = rng.integers(0, 8, 3000), rng.standard_normal(3000)
    lure = (truth + rng.integers(1, 8, 3000)) % 8
    slips = np.sqrt(0.5) * (hardness[:, None] + rng.standard_normal((3000, 3))) > np.array([1.0, 0.7, 0.5])
    own = np.where(rng.random((3000, 3)) < 0.5, lure[:, None], (truth[:, None] + rng.integers(1, 8, (3000, 3))) % 8)
    ratings = np.where(slips, own, truth[:, None])
    scores = dawid_skene(ratings, 8).probabilities
    two = (ratings[:, 0] == ratings[:, 1]) & (ratings[:, 0] != ratings[:, 2])
    assert scores[two, ratings[two, 0]].mean() < 0.95


def test_many_topics_and_few_rows_do_not_talk_themselves_into_certainty() -> None:
    # Plain Dawid and Skene claims .99 here, where .80 are right.
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 59, 3000)
    ratings = np.column_stack(
        [np.where(rng.random(3000) < a, truth, (truth + rng.integers(1, 59, 3000)) % 59) for a in (0.7, 0.65, 0.6)]
    )
    scores = dawid_skene(ratings, 59).probabilities
    right = (scores.argmax(axis=1) == truth).mean()
    assert right > 0.78
    assert scores.max(axis=1).mean() < right + 0.08


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
