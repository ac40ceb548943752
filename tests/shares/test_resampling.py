"""Draws of whole groups."""

import numpy as np
import pytest

from topicsmith.shares.resampling import cell_draws, group_patterns
from topicsmith.shares.rows import share_rows

ALONE = share_rows(["a", "b"], ["a", "a", "b", "a"], ["a", "b", "b", "a"])
COPIES = share_rows(["a", "b"], ["a", "a", "b", "a", "a", "b"], ["a", "a", "b", "b", "a", "b"], list("xxxyzz"))


def test_groups_with_the_same_rows_are_one_pattern() -> None:
    found = group_patterns(ALONE)
    assert dict(zip(found.cells, found.often.tolist(), strict=True)) == {3: 2.0, 6: 1.0, 7: 1.0}
    assert found.rows.toarray().tolist() == np.eye(3).tolist()
    mixed = group_patterns(COPIES)
    assert sorted(zip(mixed.often.tolist(), mixed.rows.toarray().tolist(), strict=True)) == [
        (1.0, [0.0, 1.0, 0.0]),
        (1.0, [1.0, 0.0, 1.0]),
        (1.0, [2.0, 0.0, 1.0]),
    ]


def test_weights_have_the_mean_and_the_variance_of_rows_in_groups() -> None:
    drawn = group_patterns(COPIES).drawn(np.random.default_rng(1), 40_000)
    assert drawn.mean(axis=0)[[3, 6, 7]] == pytest.approx([3, 1, 2], rel=0.02)
    # an exponential weight has variance 1: two copies in x and one row in z add 4 + 1
    assert drawn.var(axis=0)[[3, 6, 7]] == pytest.approx([5, 1, 2], rel=0.05)
    assert np.cov(drawn[:, 3], drawn[:, 7])[0, 1] == pytest.approx(2 * 1 + 1 * 1, rel=0.05)


def test_blocks_add_up_and_are_the_same_for_the_same_seed() -> None:
    first = list(cell_draws(ALONE, COPIES, 50, seed=3))
    again = list(cell_draws(ALONE, COPIES, 50, seed=3))
    assert sum(len(judged) for judged, _ in first) == 50
    assert first[0][0].shape == (50, 3, 3)
    assert all((a == b).all() for x, y in zip(first, again, strict=True) for a, b in zip(x, y, strict=True))


def test_no_rows_weigh_nothing() -> None:
    empty = share_rows(["a", "b"], [])
    ((judged, traffic),) = cell_draws(empty, ALONE, 10, seed=1)
    assert judged.sum() == 0
    assert traffic.sum() > 0
