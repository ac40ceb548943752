"""The calibration error by hand, and that perfect calibration has none."""

import numpy as np
import pytest

from benchmarks._calibration_error import calibration_error


def test_two_bins_by_hand() -> None:
    # Bins .2 (shares 1/4) and .8 (4/4): gaps -.05 and -.2; variances .25 * .75 / 3 = .0625 and 0.
    values = np.array([0.2] * 4 + [0.8] * 4)
    right = np.array([1.0, 0, 0, 0, 1, 1, 1, 1])
    error = calibration_error(values, right, bins=2)
    assert error.plain == pytest.approx(0.125)
    assert error.debiased == 0.0  # (.0025 - .0625 + .04) / 2 is below 0
    assert (error.n, error.bins) == (8, 2)


def test_perfect_probabilities_have_no_error_where_the_plain_figure_says_some() -> None:
    rng = np.random.default_rng(2)
    squared, plain = [], []
    for _ in range(200):
        values = rng.uniform(0.05, 0.95, 300)
        error = calibration_error(values, (rng.random(300) < values).astype(float))
        squared.append(error.debiased**2)
        plain.append(error.plain)
    assert np.mean(plain) > 0.06
    assert np.mean(squared) < 0.05**2  # floored at 0, so not 0


def test_a_known_gap_is_found() -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(0.3, 0.9, 20000)
    error = calibration_error(values, (rng.random(20000) < values - 0.1).astype(float))
    assert error.debiased == pytest.approx(0.1, abs=0.01)


def test_no_rows_have_no_error() -> None:
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0)).debiased)
