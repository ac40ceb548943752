"""What audited groups stand for, by hand."""

import numpy as np
import pytest

from topicsmith.audit.estimation.design import AuditDesign, DrawSample, StratumSample, joined
from topicsmith.errors import RunStateError

NONE = np.zeros(0, dtype=np.int64)


def _stratum(units: list[int], probabilities: list[float], rows: float) -> StratumSample:
    return StratumSample(np.array(units, dtype=np.int64), np.array(probabilities), rows)


def test_a_group_stands_for_rows_in_inverse_proportion_to_its_probability() -> None:
    # 10 rows: a group of 4 taken for certain, and singles of which each was taken with 1 in 3
    strata = (_stratum([0, 1, 2], [1.0, 1 / 3, 1 / 3], 10.0),)
    design = AuditDesign((DrawSample(strata, NONE),), np.array([4.0, 1.0, 1.0]), 10.0)
    assert design.coefficients.tolist() == pytest.approx([1.0, 3.0, 3.0])
    assert design.row_weights.sum() == pytest.approx(10.0)
    # 3 of the 4 copies are right, and one of the singles: 3 + 3
    right = np.array([3.0, 1.0, 0.0])
    assert design.total(right) == pytest.approx(6.0)
    # by a ratio of .6: deviations .6, .4, -.6; the certain group leaves nothing open
    open_ones = 2 / 3 * (9 * 0.4**2 + 9 * 0.6**2)
    assert design.variance(right) == pytest.approx(3 / 2 * open_ones)
    # one more row of a squared deviation of .24 a row
    imagined = 0.24 * (2 / 3 * 9 + 2 / 3 * 9) / 3
    assert design.variance(right, 0.24) == pytest.approx(open_ones + imagined)
    assert design.freedom == 2


def test_two_draws_are_averaged_by_their_sizes() -> None:
    """The second left out what the first had found, which counts as it is."""
    first = DrawSample((_stratum([0, 1], [0.2, 0.2], 10.0),), NONE)
    second = DrawSample((_stratum([2, 3, 4], [0.375] * 3, 8.0),), np.array([0, 1]))
    design = AuditDesign((first, second), np.ones(5), 10.0)
    # two fifths of it by the first draw, 5 rows each; three fifths by the second: 1 each, and 8 / 3
    assert design.coefficients.tolist() == pytest.approx([2.6, 2.6, 1.6, 1.6, 1.6])
    assert design.row_weights.sum() == pytest.approx(10.0)
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    assert design.total(values) == pytest.approx(0.4 * 5 + 0.6 * (1 + 2 * 8 / 3))
    one = 0.8 * 25 * 0.25 * 2 * 2
    other = 0.625 * (8 / 3) ** 2 * (2 / 9 + 4 / 9) * 3 / 2
    assert design.variance(values) == pytest.approx(0.16 * one + 0.36 * other)


def test_parts_are_drawn_from_apart() -> None:
    """Test rows were drawn twice, the others once: each part has an average of its own."""
    test = DrawSample((_stratum([0], [0.5], 2.0),), NONE, "test")
    others = DrawSample((_stratum([1], [0.25], 4.0),), NONE, "other")
    again = DrawSample((_stratum([2], [1.0], 1.0),), np.array([0]), "test")
    design = AuditDesign((test, others, again), np.ones(3), 6.0)
    assert design.coefficients.tolist() == pytest.approx([1.5, 4.0, 0.5])


def test_strata_with_a_single_answer_are_joined() -> None:
    thin, thick, empty = _stratum([0], [0.1], 10.0), _stratum([1, 2], [0.2, 0.2], 10.0), _stratum([], [], 5.0)
    (both,) = joined([thin, thick, empty])
    assert (sorted(both.units.tolist()), both.rows) == ([0, 1, 2], 25.0)
    pair = joined([thin, _stratum([3], [0.1], 7.0), thick])
    assert [(each.units.tolist(), each.rows) for each in pair] == [([1, 2], 10.0), ([0, 3], 17.0)]


def test_no_bias_however_probabilities_and_groups_differ() -> None:
    rng = np.random.default_rng(3)
    sizes = np.array([1, 1, 1, 2, 2, 3, 5, 5], dtype=float)
    right = np.array([1, 0, 1, 2, 0, 1, 5, 3], dtype=float)
    probabilities = 2 * sizes / sizes.sum()
    totals = []
    for _ in range(4000):
        units = np.flatnonzero(rng.random(8) < probabilities)
        if len(units) >= 2:
            strata = (StratumSample(np.arange(len(units)), probabilities[units], 20.0),)
            totals.append(AuditDesign((DrawSample(strata, NONE),), sizes[units], 20.0).total(right[units]))
    assert np.mean(totals) == pytest.approx(right.sum(), abs=0.25)


def test_one_group_is_no_audit() -> None:
    with pytest.raises(RunStateError, match="1 rows were audited; audit at least 2"):
        AuditDesign((), np.ones(1), 10.0)
