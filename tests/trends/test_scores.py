"""Normal scores of counts."""

import numpy as np
import pytest

from topicsmith.trends.scores import normal_scores


def score(count: int, rows: int, share: float, variance: float = 0.0) -> float:
    return float(normal_scores(np.array([count]), rows, np.array([share]), np.array([variance]))[0])


def test_a_known_share_gives_binomial_mid_p_values() -> None:
    assert score(5, 10, 0.5) == pytest.approx(0.0, abs=1e-4)
    assert score(10, 10, 0.5) == pytest.approx(3.297, abs=1e-3)  # 1 - 1/2048
    assert score(0, 10, 0.5) == pytest.approx(-3.297, abs=1e-3)


def test_a_share_that_may_be_anything_makes_all_counts_alike() -> None:
    """A uniform share: each of 0 to 10 has the probability 1/11, and 8 the mid-p value 8.5/11."""
    assert score(8, 10, 0.5, 1 / 12) == pytest.approx(0.7478, abs=1e-3)


def test_large_counts_go_over_into_the_normal_distribution() -> None:
    assert score(420, 8000, 0.05) == pytest.approx(score(421, 8020, 0.05), abs=0.02)
    assert score(2100, 40000, 0.05) == pytest.approx(100 / (40000 * 0.05 * 0.95) ** 0.5, abs=0.01)


@pytest.mark.parametrize(("count", "rows", "share"), [(0, 50, 0.0), (50, 50, 1.0), (50, 50, 1e-9), (0, 1, 0.5)])
def test_shares_of_nothing_and_of_all_have_finite_scores(count: int, rows: int, share: float) -> None:
    assert abs(score(count, rows, share)) <= 8.0
