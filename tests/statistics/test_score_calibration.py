"""Calibration of scores: against scikit-learn, by weights, and with few rows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from topicsmith.statistics.intervals import FloatArray
from topicsmith.statistics.score_calibration import calibrate


def _logit(values: FloatArray) -> FloatArray:
    return np.log(values / (1 - values))


def test_with_many_rows_it_is_logistic_regression() -> None:
    rng = np.random.default_rng(1)
    scores, alike = rng.uniform(0.05, 0.95, 20000), rng.random(20000) < 0.5
    chance = 1 / (1 + np.exp(-(0.4 + 0.7 * _logit(scores) - 0.5 * alike)))
    right = (rng.random(20000) < chance).astype(float)
    found = calibrate(scores, alike, right, np.ones(20000))
    oracle = LogisticRegression(C=1e9, tol=1e-9).fit(np.column_stack([_logit(scores), alike]), right)
    assert (found.slope, found.offset) == pytest.approx(tuple(oracle.coef_[0]), abs=0.01)
    assert found.intercept == pytest.approx(oracle.intercept_[0], abs=0.01)
    assert found.probability(scores, alike) == pytest.approx(chance, abs=0.03)


def test_weights_count_as_copies() -> None:
    rng = np.random.default_rng(2)
    scores, alike = rng.uniform(0.1, 0.9, 60), np.zeros(60, dtype=bool)
    right = (rng.random(60) < scores).astype(float)
    plain = calibrate(np.repeat(scores, 3), np.repeat(alike, 3), np.repeat(right, 3), np.ones(180))
    weighted = calibrate(scores, alike, right, np.full(60, 3.0))
    assert weighted.right == pytest.approx(plain.right)
    assert weighted.claimed == pytest.approx(plain.claimed)
    # Equal weights are no more rows than there are: copies are surer of the slope.
    assert 0 < weighted.slope < plain.slope


def test_strata_drawn_unequally_are_put_right() -> None:
    rng = np.random.default_rng(3)
    alike = np.array([True] * 150 + [False] * 150)
    scores = np.full(300, 0.9)
    right = (rng.random(300) < np.where(alike, 0.8, 0.3)).astype(float)
    found = calibrate(scores, alike, right, np.where(alike, 18.0, 2.0))  # nine in ten of all rows agree
    assert found.right == pytest.approx(0.9 * right[alike].mean() + 0.1 * right[~alike].mean())
    assert found.probability(scores, alike)[0] == pytest.approx(right[alike].mean(), abs=0.03)


def test_few_rows_say_the_mean() -> None:
    scores, alike = np.array([0.9, 0.6, 0.8]), np.array([True, False, False])
    found = calibrate(scores, alike, np.array([1.0, 0.0, 1.0]), np.ones(3))
    assert found.probability(scores, alike) == pytest.approx([0.62] * 3, abs=0.2)  # (2 + .5) / 4


def test_scores_that_point_the_wrong_way_tell_nothing() -> None:
    scores = np.linspace(0.1, 0.9, 100)
    found = calibrate(scores, np.zeros(100, dtype=bool), (scores < 0.5).astype(float), np.ones(100))
    assert found.slope == 0
    assert found.probability(scores, np.zeros(100, dtype=bool)) == pytest.approx(np.full(100, 0.5))


def test_all_right_is_no_certainty() -> None:
    scores, alike = np.full(40, 0.95), np.ones(40, dtype=bool)
    assert 0.9 < calibrate(scores, alike, np.ones(40), np.ones(40)).probability(scores, alike)[0] < 1


def test_shapes_must_be_one() -> None:
    with pytest.raises(ValueError, match="one shape"):
        calibrate(np.ones(2), np.ones(2, dtype=bool), np.ones(3), np.ones(2))
