"""Bounds of shares and of differences."""

import numpy as np
import pytest

from topicsmith.classifiers.cascade.bounds import HeldRows


def sample(n: int, share: float | None = None, outside: int = 0) -> HeldRows:
    return HeldRows(np.arange(n), np.arange(n) < outside, share)


def yes(n: int, count: int) -> np.ndarray:
    return np.arange(n) < count


def test_a_share_has_the_bound_of_clopper_and_pearson() -> None:
    rows = sample(100)
    assert rows.share(yes(100, 95)) == pytest.approx(0.95)
    assert rows.lower(yes(100, 95), 0.05) == pytest.approx(0.8977, abs=1e-4)  # printed tables: 95 of 100, one-sided
    assert rows.lower(yes(100, 100), 0.05) == pytest.approx(0.05 ** (1 / 100))  # all right: risk = low^n
    assert rows.lower(yes(100, 0), 0.05) == 0.0


def test_near_copies_tell_less_than_strangers() -> None:
    right = np.repeat(yes(100, 95), 2)
    pairs = HeldRows(np.repeat(np.arange(100), 2), np.zeros(200, np.bool_))
    strangers = sample(200)
    assert pairs.lower(right, 0.05) == pytest.approx(0.8977, abs=0.004)  # as 100 rows
    assert strangers.lower(right, 0.05) == pytest.approx(0.9165, abs=0.001)


def test_with_a_stated_share_both_parts_count_by_it() -> None:
    rows = sample(100, share=0.5, outside=10)
    right = np.r_[yes(10, 5), yes(90, 81)]
    assert rows.share(right) == pytest.approx(0.5 * 0.5 + 0.5 * 0.9)
    low_out, low_in = 0.2224, 0.8325  # Clopper and Pearson, 5 of 10 and 81 of 90, one-sided 95 %
    reach = np.hypot(0.5 * (0.5 - low_out), 0.5 * (0.9 - low_in))
    assert rows.lower(right, 0.05) == pytest.approx(0.7 - reach, abs=2e-4)


def test_without_a_row_of_the_catch_all_nothing_is_known_of_its_share() -> None:
    assert sample(100, share=0.2).lower(yes(100, 100), 0.05) < 0.8


def test_equal_answers_are_no_proof_of_equality() -> None:
    rows, same = sample(1000), yes(1000, 950)
    low = rows.lower_difference(same, same, 0.05)
    z = 1.6448536
    assert low == pytest.approx(-(z**2) / (1000 + z**2), abs=1e-5)  # Tango 1998 without a row apart
    better = rows.lower_difference(yes(1000, 980), same, 0.05)
    assert 0.015 < better < 0.03
    assert sample(0).lower_difference(yes(0, 0), yes(0, 0), 0.05) == -1.0
