"""Means with intervals that know what was undecided, by hand."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import t

from topicsmith.audit.estimation.design import AuditDesign
from topicsmith.audit.estimation.estimate import (
    AuditedFigure,
    Bounds,
    Proxy,
    difference_of_shares,
    filled,
    share_among,
    share_of_rows,
)
from topicsmith.audit.estimation.random_rows import random_rows
from topicsmith.statistics.intervals import FloatArray, wilson

Z = NormalDist().inv_cdf(0.975)


def _same(values: FloatArray) -> Bounds:
    return Bounds(values, values, values)


def _all(n: int, audited: int) -> AuditDesign:
    return random_rows(["all"] * n, list(range(audited)))


def test_these_rows_leave_less_to_chance_than_rows_like_them() -> None:
    right = np.array([1.0] * 75 + [0.0] * 25)
    found = share_of_rows(_all(200, 100), _same(right))
    assert isinstance(found, AuditedFigure)
    # half of the rows are known: half of s^2 / n is left, and p (1 - p) / N on top for rows like these
    near = 76 / 102
    these = 0.5 * (75 * 0.25**2 + 25 * 0.75**2 + near * (1 - near)) / 100**2
    wider = float(t.ppf(0.975, 99))
    for interval, variance in ((found.these, these), (found.like_these, these + 0.75 * 0.25 / 200)):
        effective = 0.75 * 0.25 / variance * (Z / wider) ** 2
        expected = wilson(0.75 * effective, effective)
        assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert (found.worst, found.best, found.audited) == (0.75, 0.75, 100)


def test_all_rows_known_leave_nothing_to_chance() -> None:
    found = share_of_rows(_all(40, 40), _same(np.array([1.0] * 30 + [0.0] * 10)))
    assert (found.these.low, found.these.value, found.these.high) == (0.75, 0.75, 0.75)
    assert found.like_these.low < 0.65


def test_undecided_rows_are_bounds_and_are_not_left_out() -> None:
    """Of 100 rows 60 are right and 20 undecided: between 60 and 80 %, and the interval reaches below and above."""
    right = np.array([1.0] * 60 + [0.0] * 40)
    undecided = np.arange(100) >= 80
    design = _all(1000, 100)
    middle = filled(design, right, undecided)
    assert middle[80:] == pytest.approx(np.full(20, 0.75))
    found = share_of_rows(design, Bounds(middle, right, np.where(undecided, 1.0, right)))
    assert (found.worst, found.like_these.value, found.best) == pytest.approx((0.6, 0.75, 0.8))
    # twenty points apart, either end has one side to hold only: about 1.645 standard errors
    alone = share_of_rows(design, _same(right)).like_these
    assert alone.low < found.like_these.low < 0.6
    assert found.like_these.low == pytest.approx(0.6 - (0.6 - alone.low) * 1.645 / 1.96, abs=0.004)
    assert found.like_these.high > 0.85


def test_a_difference_of_two_that_never_differed_on_audited_rows_is_not_shown_to_be_none() -> None:
    zero = np.zeros(50)
    found = difference_of_shares(_all(500, 50), _same(zero), apart=0.1).like_these
    assert found.value == 0.0
    # an imagined row that differs: .1 / 50^2 of it, .9 of that open, and .1 / 500 for rows like these
    half = float(t.ppf(0.975, 49)) * (0.9 * 0.1 / 50**2 + 0.1 / 500) ** 0.5
    assert found.high == pytest.approx(half, rel=0.001)
    assert found.low == -found.high
    assert difference_of_shares(_all(500, 50), _same(zero), apart=0.0).like_these.high == 0.0


def test_a_difference_by_hand() -> None:
    apart = np.array([1.0] * 12 + [-1.0] * 4 + [0.0] * 84)
    found = difference_of_shares(_all(1000, 100), _same(apart), apart=0.2).like_these
    these = 0.9 * (12 * 0.92**2 + 4 * 1.08**2 + 84 * 0.08**2 + 0.2) / 100**2
    like = (0.16 - 0.08**2) / 1000
    assert found.value == pytest.approx(0.08)
    assert found.high == pytest.approx(0.08 + float(t.ppf(0.975, 99)) * (these + like) ** 0.5, rel=1e-3)


def test_opinions_of_all_rows_correct_an_unlucky_sample() -> None:
    """All 50 audited opinions are true, so that the share is that of the opinions, whatever the sample is."""
    right = np.array([1.0] * 45 + [0.0] * 5)
    found = share_of_rows(_all(500, 50), _same(right), Proxy(right, 400.0))
    assert found.these.value == pytest.approx(0.8)
    assert found.these.high - found.these.low < 0.06


def test_a_share_among_some_rows_counts_groups_by_what_they_weigh() -> None:
    right = np.array([1.0] * 6 + [0.0] * 94)
    among = np.array([1.0] * 8 + [0.0] * 92)
    found = share_among(_all(1000, 100), _same(right), among, "m").like_these
    expected = wilson(6, 8)
    assert (found.value, found.low, found.high) == pytest.approx((0.75, expected.low, expected.high))
    assert found.n == 80
