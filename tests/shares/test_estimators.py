"""Shares from counts, held against values by hand, the published loop and a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from topicsmith.shares.estimators import adjusted, classify_and_count, em, likelihood

TWO = np.array([[0.8, 0.2], [0.3, 0.7]])  # answers by true topic
THREE = np.array([[0.8, 0.1, 0.05, 0.05], [0.2, 0.6, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1]])


def test_counting_is_the_share_of_answers() -> None:
    assert classify_and_count(np.array([5.0, 3.0, 2.0])).tolist() == [0.5, 0.3, 0.2]


def test_the_likelihood_is_by_true_topic_and_zero_without_rows() -> None:
    assert likelihood(np.array([[3.0, 1.0], [0.0, 0.0]])).tolist() == [[0.75, 0.25], [0.0, 0.0]]


def test_two_topics_are_adjusted_as_by_hand() -> None:
    # of 100 rows 40 are answered with the first: share = (.4 - .3) / (.8 - .3)
    assert adjusted(np.array([40.0, 60.0]), TWO) == pytest.approx([0.2, 0.8], abs=1e-6)
    assert em(np.array([[40.0, 60.0]]), TWO[None])[0] == pytest.approx([0.2, 0.8], abs=1e-4)


def test_shares_beyond_the_possible_end_at_zero() -> None:
    assert adjusted(np.array([20.0, 80.0]), TWO) == pytest.approx([0.0, 1.0], abs=1e-6)  # by hand (.2 - .3) / .5
    assert em(np.array([[20.0, 80.0]]), TWO[None])[0] == pytest.approx([0.0, 1.0], abs=1e-3)


def test_em_finds_the_most_likely_shares() -> None:
    counts = np.array([310.0, 240.0, 350.0, 100.0])

    def loss(free: np.ndarray) -> float:
        shares = np.exp(free) / np.exp(free).sum()
        return -float(counts @ np.log(shares @ THREE))

    found = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-8}).x
    expected = np.exp(found) / np.exp(found).sum()
    assert em(counts[None], THREE[None])[0] == pytest.approx(expected, abs=1e-4)


def test_em_over_single_rows_is_the_published_method() -> None:
    rng = np.random.default_rng(3)
    posterior = rng.dirichlet([1.0, 2.0, 0.5], size=200)
    prior = np.array([0.3, 0.5, 0.2])
    shares = prior.copy()
    for _ in range(5000):  # equation 2.9 of Saerens, Latinne and Decaestecker
        new = posterior * (shares / prior)
        shares = (new / new.sum(axis=1, keepdims=True)).mean(axis=0)
    assert em(np.ones((1, 200)), (posterior / prior).T[None])[0] == pytest.approx(shares, abs=1e-5)


def test_known_rows_count_as_what_they_are() -> None:
    nothing = np.zeros((1, 2))
    assert em(nothing, TWO[None], np.array([[3.0, 1.0]]))[0].tolist() == [0.75, 0.25]
    # answers that say nothing leave the known shares as they are
    same = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert em(np.array([[10.0, 10.0]]), same[None], np.array([[3.0, 1.0]]))[0] == pytest.approx([0.75, 0.25], abs=1e-5)


def test_impossible_outputs_are_left_out_and_many_sets_are_solved_at_once() -> None:
    wider = np.column_stack([TWO, np.zeros(2)])
    both = em(np.array([[40.0, 60.0, 0.0], [40.0, 60.0, 900.0]]), np.stack([wider, wider]))
    assert both[0] == pytest.approx(both[1])
