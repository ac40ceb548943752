"""CUSUM limits."""

import numpy as np
import pytest

from topicsmith.trends.cusum import ALLOWANCE, limit_for, run_length


def test_run_lengths_are_the_published_ones() -> None:
    """One-sided charts with allowance 0.5 (Montgomery's tables have 168 and 465 for two sides, half of these)."""
    assert run_length(4.0, 0.5) == pytest.approx(336, rel=0.01)
    assert run_length(5.0, 0.5) == pytest.approx(930, rel=0.01)


@pytest.mark.parametrize("steps", [20.0, 180.0, 80_000.0])
def test_a_limit_has_the_run_length_that_was_asked_for(steps: float) -> None:
    assert run_length(limit_for(steps)) == pytest.approx(steps, rel=1e-3)


def test_no_limit_is_below_zero() -> None:
    assert limit_for(1.0) > 0


@pytest.mark.slow
def test_simulated_charts_last_as_long_as_was_asked_for() -> None:
    limit, rng = limit_for(50.0), np.random.default_rng(0)
    sums, passed, steps = np.zeros(500), 0, 1000
    for _ in range(steps):
        sums = np.maximum(0, sums + rng.normal(size=500) - ALLOWANCE)
        passed += int((sums > limit).sum())
        sums[sums > limit] = 0
    assert 500 * steps / passed == pytest.approx(50, rel=0.03)
