"""Paired differences: by hand, and how often the interval holds."""

import numpy as np
import pytest

from topicsmith.statistics.weighted_difference import weighted_difference


def test_the_difference_by_hand() -> None:
    first, second = np.array([True, True, False, False]), np.array([True, False, True, False])
    found = weighted_difference(first, second, np.array([1.0, 3.0, 1.0, 1.0]), np.arange(4))
    assert found.value == pytest.approx((3 - 1) / 6)
    assert found.low < 0 < found.high


def test_one_row_tells_nothing() -> None:
    found = weighted_difference(np.array([True]), np.array([False]), np.ones(1), np.zeros(1, dtype=np.int64))
    assert (found.low, found.high) == (-1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("copies", [1, 4])
def test_the_interval_holds(copies: int) -> None:
    """Agreed rows, a tenth of them drawn, and disagreed ones, half of them, each in groups of near-copies."""
    rng = np.random.default_rng(5)
    weights = np.repeat(np.where(np.arange(120) < 60, 10.0, 2.0), copies)
    alike = np.arange(120) < 60
    groups = np.repeat(np.arange(120), copies)
    true = (10 * 60 * 0.0 + 2 * 60 * (0.45 - 0.35)) / (12 * 60)
    held = 0
    for _ in range(1000):
        which = rng.random(120)
        first = np.where(alike, rng.random(120) < 0.8, which < 0.45)
        second = np.where(alike, first, (which >= 0.45) & (which < 0.8))
        found = weighted_difference(np.repeat(first, copies), np.repeat(second, copies), weights, groups)
        held += found.low <= true <= found.high
    assert held >= 935
