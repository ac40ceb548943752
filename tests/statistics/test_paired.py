from math import log, sqrt

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from topicsmith.statistics.paired import (
    discordant,
    holm,
    mcnemar_exact,
    paired_bounds,
    paired_score,
    rows_needed,
)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 5), (1, 9), (15, 5), (30, 30), (59, 101), (700, 620)])
def test_mcnemar_equals_statsmodels(b: int, c: int) -> None:
    oracle = mcnemar(np.array([[10, b], [c, 10]]), exact=True).pvalue
    assert mcnemar_exact(b, c) == pytest.approx(oracle, abs=1e-9)


def test_mcnemar_by_hand() -> None:
    # of 10 discordant rows 9 for one side: 2 (1 + 10) / 2^10
    assert mcnemar_exact(1, 9) == 22 / 1024
    assert mcnemar_exact(0, 0) == 1.0


@pytest.mark.slow
def test_holm_equals_statsmodels() -> None:
    p = [0.001, 0.02, 0.04, 0.005, 0.5, 0.04]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]) == []


def test_a_group_of_copies_counts_once() -> None:
    first = np.array([True, True, True, False, True])
    second = np.array([False, False, False, True, False])
    assert discordant(first, second) == (4, 1)
    # the three copies count once for the first; the last two cancel out
    assert discordant(first, second, ["x", "x", "x", "y", "y"]) == (1, 0)


def test_rows_needed_is_connors_formula() -> None:
    # psi = 0.2, delta = 0.1: (1.95996 sqrt(.2) + 0.84162 sqrt(.19))^2 / .01 = 154.6
    assert rows_needed(15, 5, 100) == 155
    assert rows_needed(5, 15, 100) == 155
    assert rows_needed(7, 7, 100) is None


def test_rows_needed_gives_the_promised_power() -> None:
    """With 155 rows drawn as the formula assumes, the test without continuity correction rejects in about 80 %."""
    rng = np.random.default_rng(3)
    draws = rng.multinomial(155, [0.15, 0.05, 0.8], size=4000)
    b, c = draws[:, 0], draws[:, 1]
    z = (b - c) / np.sqrt(np.maximum(b + c, 1))
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.03)


def _tango_by_search(b: int, c: int, n: int, difference: float) -> float:
    """The score at a supposed difference, with the likeliest share of ``c`` found by search and not by formula."""

    def unlikely(share: float) -> float:
        cells = ((b, share + difference), (c, share), (n - b - c, 1 - 2 * share - difference))
        return -sum(count * log(max(chance, 1e-300)) for count, chance in cells if count)

    ends = max(0.0, -difference), (1 - difference) / 2
    share = float(minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x)
    return (b - c - n * difference) / sqrt(n * (2 * share + difference - difference**2))


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 21), (5, 3, 100), (0, 4, 30), (40, 9, 300)])
def test_the_ends_of_a_paired_difference_are_where_its_score_is_critical(b: int, c: int, n: int) -> None:
    low, high = (float(end) for end in paired_bounds(np.array(b), np.array(c), np.array(n), 1.96))
    assert low < (b - c) / n < high
    assert _tango_by_search(b, c, n, low) == pytest.approx(1.96, abs=1e-3)
    assert _tango_by_search(b, c, n, high) == pytest.approx(-1.96, abs=1e-3)


def test_two_that_never_differed_on_few_rows_are_not_shown_to_be_equal() -> None:
    low, high = paired_bounds(np.array(0), np.array(0), np.array(20), 1.96)
    assert float(high) == pytest.approx(1.96**2 / (20 + 1.96**2))  # Tango's closed form where nothing differs
    assert float(low) == pytest.approx(-float(high))


def test_the_signed_score_is_mcnemars_statistic() -> None:
    score = paired_score(np.array([15.0, 5.0, 0.0]), np.array([5.0, 15.0, 0.0]))
    assert score[0] ** 2 == pytest.approx((15 - 5) ** 2 / 20)
    assert (score[1], score[2]) == (-score[0], 0.0)
