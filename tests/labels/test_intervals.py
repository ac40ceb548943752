"""Intervals against statsmodels and closed formulas."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from topicsmith.labels.intervals import jackknife, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (5, 5), (8, 10), (6225, 8000), (1, 1)])
def test_wilson_equals_statsmodels(successes: int, n: int) -> None:
    share = wilson(successes, n)
    assert share is not None
    low, high = proportion_confint(successes, n, method="wilson")
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-12)
    assert share.value == successes / n


def test_wilson_of_no_rows_is_nothing() -> None:
    assert wilson(0, 0) is None


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.array([0.1, 0.5, 0.2, 0.9])
    repeated = np.array([1.0, 2.0, 3.0, 1.0])
    every = np.repeat(values, repeated.astype(int))
    features = np.column_stack([np.ones(4), values])
    mean = jackknife(features, repeated, lambda sums: sums[:, 1] / sums[:, 0])
    assert mean is not None
    assert mean.value == pytest.approx(every.mean())
    assert mean.high - mean.value == pytest.approx(1.959964 * every.std(ddof=1) / np.sqrt(7), abs=1e-6)


def test_jackknife_of_nothing_or_the_undefined_is_nothing() -> None:
    assert jackknife(np.zeros((0, 2)), np.zeros(0), lambda sums: sums[:, 0]) is None
    assert jackknife(np.zeros((1, 2)), np.ones(1), lambda sums: sums[:, 1] / sums[:, 0]) is None
