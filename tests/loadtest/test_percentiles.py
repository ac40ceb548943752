"""Percentiles of load tests: worked out by hand, and their coverage by simulation."""

from collections.abc import Iterable
from functools import partial
from math import inf, sqrt

import numpy as np
import pytest
from scipy.stats import binom, chi2, norm, t

from benchmarks.load_intervals import CoverageOfPercentile, coverage, moody, queue, unrelated
from topicsmith.loadtest.batch_means import Range
from topicsmith.loadtest.percentiles import (
    BY_CHANCE,
    RELATED,
    STRETCHES,
    STUDENT_SQUARED,
    effective_answers,
    percentile_ms,
    percentile_range,
)
from topicsmith.statistics.intervals import FloatArray


def test_the_points_are_those_of_the_tables() -> None:
    assert (
        pytest.approx((float(t.ppf(0.975, STRETCHES - 1)) / float(norm.ppf(0.975))) ** 2, abs=1e-5) == STUDENT_SQUARED
    )
    # of unrelated stretches neighbours correlate by -1/20 on average, give or take 1 / sqrt(20)
    assert pytest.approx(float(norm.ppf(0.9)) / sqrt(20) - 1 / 20, abs=1e-5) == RELATED
    assert pytest.approx(float(chi2.ppf(0.95, STRETCHES - 1)) / (STRETCHES - 1), abs=1e-5) == BY_CHANCE


def test_percentiles_are_nearest_ranks_and_failures_are_slowest() -> None:
    times = [i / 1000 for i in range(1, 101)]
    assert [percentile_ms(times, p) for p in (50, 95, 99)] == pytest.approx([50, 95, 99])
    assert percentile_ms([0.001] * 90 + [inf] * 10, 90) == 1.0
    assert percentile_ms([0.001] * 90 + [inf] * 10, 95) is None
    assert percentile_ms([], 50) is None


def _range(times: Iterable[float], moments: Iterable[float], percent: float) -> Range:
    return percentile_range(list(times), list(moments), percent)


def _even(n: int) -> FloatArray:
    """1 to n ms in an order in which every stretch has its share of the slow ones, to a single answer."""
    order = [(k * 389) % n for k in range(n)]
    return 0.001 * (np.array(order) + 1.0)


def test_unrelated_answers_have_the_interval_of_order_statistics() -> None:
    n = 1000
    found = _range(_even(n), range(n), 50)
    # the 2.5 % point of a binomial of 1,000 and a half is 469, so the 469th and the 532nd value bound the median
    assert (binom.ppf(0.025, n, 0.5), binom.ppf(0.975, n, 0.5)) == (469, 531)
    assert (found.value, found.low, found.high) == pytest.approx((500.0, 469.0, 532.0))
    high = _range(_even(n), range(n), 95)
    assert (binom.ppf(0.025, n, 0.95), binom.ppf(0.975, n, 0.95)) == (936, 963)
    assert (high.value, high.low, high.high) == pytest.approx((950.0, 936.0, 964.0))


def test_too_few_answers_above_a_percentile_give_no_interval() -> None:
    found = _range(_even(1000), range(1000), 99)  # ten above
    assert found == Range(found.value)
    assert found.value == pytest.approx(990.0)
    assert _range(_even(150), range(150), 50).high is None
    assert _range([], [], 50) == Range(None)
    lost = np.where(_even(1000) > 0.96, inf, _even(1000))
    assert _range(lost, range(1000), 95).high is None  # the upper end was never reached


def test_related_answers_count_for_fewer() -> None:
    times = np.repeat(_even(1000), 5)  # every time five times in a row
    effective = effective_answers(times, np.sort(times), 50)
    assert effective is not None
    assert effective_answers(_even(1000), np.sort(_even(1000)), 50) == 1000
    rng = np.random.default_rng(7)
    counts = [
        found
        for _ in range(50)
        if (found := effective_answers(x := np.repeat(rng.random(1000), 5), np.sort(x), 50)) is not None
    ]
    # five alike count as one: 1,000 of 5,000, a fifth fewer for not knowing how alike they are
    assert len(counts) > 25
    assert float(np.mean(counts)) == pytest.approx(1000, rel=0.15)


def test_a_run_that_drifts_gives_no_interval() -> None:
    times = 0.001 * (np.arange(2000) // 200 + 1 + np.random.default_rng(1).random(2000))
    assert _range(times, range(2000), 50).low is None
    assert _range(times, range(2000), 50).value is not None


def test_answers_are_put_in_the_order_in_which_they_came() -> None:
    times = 0.001 * (np.arange(2000) // 200 + 1 + np.random.default_rng(1).random(2000))
    shuffled = np.random.default_rng(2).permutation(2000)
    assert _range(times[shuffled], shuffled, 50).low is None
    assert _range(times[shuffled], range(2000), 50).low is not None


def test_a_server_that_always_takes_as_long_has_an_interval_of_no_width() -> None:
    assert _range([0.02] * 500, range(500), 95) == Range(20.0, 20.0, 20.0)


def _of(rows: list[CoverageOfPercentile], percent: int) -> CoverageOfPercentile:
    return next(row for row in rows if row.percent == percent)


@pytest.mark.slow
def test_an_interval_holds_as_often_as_it_says_where_one_is_given() -> None:
    """A reduced edition of ``benchmarks/load_intervals.py``; 400 runs leave a standard error of 1.1 points."""
    rows = coverage(
        "unrelated", partial(unrelated, 3000), lambda share: float(np.exp(0.6 * norm.ppf(share) - 4)), 400, 1
    )
    for percent in (50, 95, 99):
        found = _of(rows, percent)
        assert found.printed > 0.5
        assert found.held is not None
        assert 0.93 <= found.held <= 0.99
    long, _ = queue(0.02, 60_000, np.random.default_rng(99))
    rows = coverage("queue", partial(queue, 0.02, 60), lambda share: float(np.quantile(long, share)), 400, 2)
    median = _of(rows, 50)
    assert median.held is not None
    assert 0.92 <= median.held <= 0.98
    assert _of(rows, 95).printed < 0.05
    assert _of(rows, 99).printed == 0


@pytest.mark.slow
def test_moods_as_long_as_the_run_are_seldom_overlooked() -> None:
    both = float(np.hypot(0.4, 0.4))
    rows = coverage("moods", partial(moody, 5), lambda share: float(np.exp(both * norm.ppf(share) - 4)), 300, 3)
    assert max(row.misled for row in rows) < 0.1
    assert _of(rows, 99).printed == 0
