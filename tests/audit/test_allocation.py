"""How many groups to take from each stratum, and with what probabilities."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.audit.allocation import chosen_groups, expected_half_width, inclusion_probabilities, neyman


def test_more_is_taken_where_answers_vary_more() -> None:
    # rows times deviation: 600 * .2 = 120 and 400 * .5 = 200
    assert neyman([600, 400], [0.2, 0.5], [600, 400], 160, least=0) == [60, 100]


def test_what_a_full_stratum_cannot_take_goes_to_the_others() -> None:
    assert neyman([600, 10], [0.2, 0.5], [600, 4], 100) == [96, 4]


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0.0, 0.5)), min_size=1, max_size=7),
    st.integers(1, 500),
    st.integers(0, 10),
)
def test_an_allocation_adds_up(strata: list[tuple[int, float]], total: int, least: int) -> None:
    groups = [count for count, _ in strata]
    taken = neyman([float(count) for count in groups], [spread for _, spread in strata], groups, total, least)
    assert sum(taken) == min(total, sum(groups))
    assert all(0 <= count <= most for count, most in zip(taken, groups, strict=True))
    floor = min(least, min(total, sum(groups)) // (2 * len(groups)))
    assert all(count >= min(most, floor) for count, most in zip(taken, groups, strict=True))


def test_a_larger_audit_takes_no_less_of_any_stratum() -> None:
    shape = ([500.0, 300.0, 80.0], [0.3, 0.5, 0.5], [500, 300, 80])
    sizes = [neyman(*shape, total) for total in range(60, 300, 20)]
    assert all(b >= a for first, second in pairwise(sizes)
               for a, b in zip(first, second, strict=True))  # fmt: skip


def test_probabilities_are_in_proportion_to_rows_and_at_most_one() -> None:
    found = inclusion_probabilities(np.array([1, 1, 1, 1, 4, 20]), 3)
    # the group of 20 is certain, and of the 8 other rows two are taken
    assert found.tolist() == [0.25, 0.25, 0.25, 0.25, 1.0, 1.0]
    assert inclusion_probabilities(np.array([3, 1]), 2).tolist() == [1.0, 1.0]


def test_groups_are_chosen_with_nearly_their_probabilities() -> None:
    sizes = np.array([1] * 20 + [3] * 10)
    probabilities = inclusion_probabilities(sizes, 8)
    rng = np.random.default_rng(1)
    often = np.zeros(30)
    for _ in range(4000):
        chosen = chosen_groups(probabilities, rng.random(30), 8)
        assert len(chosen) == 8
        often[chosen] += 1
    assert often[:20].mean() / 4000 == pytest.approx(0.16, abs=0.005)
    assert often[20:].mean() / 4000 == pytest.approx(0.48, abs=0.005)


def test_the_expected_width_by_hand() -> None:
    """300 of 2,000 rows at one right in two: 1.96 * sqrt(.25 / 300 * .85 + .25 / 2000) makes 5.7 points."""
    shape = ([2000.0], [0.5], [2000], [300])
    assert expected_half_width(*shape, effective=2000) == pytest.approx(
        1.96 * (0.25 / 300 * 0.85 + 0.25 / 2000) ** 0.5, rel=1e-4
    )
    assert expected_half_width(*shape) == pytest.approx(1.96 * (0.25 / 300 * 0.85) ** 0.5, rel=1e-4)
    strata = expected_half_width([1000, 1000], [0.8, 0.4], [1000, 1000], [100, 200])
    assert strata == pytest.approx(1.96 * 0.5 * (0.16 / 100 * 0.9 + 0.24 / 200 * 0.8) ** 0.5, rel=1e-4)
