"""Shares with intervals where rows come in near-copies."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.statistics import clusters
from topicsmith.statistics.clusters import clustered_mean, clustered_share, effective_rows, group_codes
from topicsmith.statistics.intervals import wilson


def test_rows_without_near_copies_get_wilsons_interval() -> None:
    right = np.array([True] * 8 + [False] * 2)
    assert clustered_share(right, np.arange(10)) == wilson(8, 10)
    assert clustered_share(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)) == wilson(0, 0)


def test_copies_answered_alike_count_as_one_row_each() -> None:
    groups = np.repeat(np.arange(50), 4)
    right = np.repeat(np.arange(50) < 40, 4)
    found, once = clustered_share(right, groups), wilson(40, 50)
    assert (found.value, found.n, found.groups) == (0.8, 200, 50)
    assert found.effective_n == pytest.approx(50)
    assert (found.low, found.high) == pytest.approx((once.low, once.high))


def test_all_right_says_no_more_than_that_many_groups() -> None:
    found = clustered_share(np.ones(60, dtype=bool), np.repeat(np.arange(20), 3))
    assert (found.low, found.high) == pytest.approx((wilson(20, 20).low, 1.0))


def test_copies_answered_like_strangers_count_nearly_as_strangers() -> None:
    rng = np.random.default_rng(3)
    found = clustered_share(rng.random(3000) < 0.7, np.repeat(np.arange(1000), 3))
    assert found.effective_n == pytest.approx(3000, rel=0.1)


def test_groups_are_numbered_by_name() -> None:
    assert group_codes(["b", "a", "b"]).tolist() == [1, 0, 1]
    assert group_codes([]).tolist() == []


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(clusters).failed == 0


def test_shares_in_between_vary_less_than_yes_and_no() -> None:
    between = clustered_mean(np.array([0.4, 0.6] * 50), np.arange(100))
    assert between.value == pytest.approx(0.5)
    assert between.high - between.low == pytest.approx(2 * 1.96 * 0.1 / 10, rel=0.02)


def test_effective_rows_by_hand() -> None:
    assert effective_rows(np.array([2, 2])) == pytest.approx(2.0)
    assert effective_rows(np.array([3, 1]), 0.5) == pytest.approx(4 / 1.75)
    assert effective_rows(np.array([])) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=60))
def test_an_interval_holds_its_figure_and_stays_within_bounds(rows: list[tuple[bool, int]]) -> None:
    right, groups = np.array([r for r, _ in rows]), np.array([g for _, g in rows])
    found = clustered_share(right, groups)
    assert 0 <= found.low <= found.value <= found.high <= 1
    other = clustered_share(~right, groups)
    assert (other.low, other.high) == pytest.approx((1 - found.high, 1 - found.low))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(
    "sizes",
    [[3] * 100, [5] * 30 + [1] * 150, [15] * 10 + [1] * 150],
    ids=["in threes", "half in fives", "ten large groups"],
)
def test_nineteen_of_twenty_intervals_hold_the_true_share(share: float, sizes: list[int]) -> None:
    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    held = 0
    for _ in range(1000):
        found = clustered_share((rng.random(len(sizes)) < share)[groups], groups)
        held += found.low <= share <= found.high
    assert 0.93 - 0.016 <= held / 1000 <= 0.97 + 0.016
