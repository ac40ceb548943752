"""The accuracy of the best of several: right on average and covered, which the plain figure is not."""

import numpy as np
import pytest
from scipy.stats import norm

from topicsmith.statistics.intervals import wilson
from topicsmith.statistics.winner import winner_share


def test_a_clear_winner_keeps_its_figure() -> None:
    right = np.zeros((2, 300), dtype=bool)
    right[0, :270], right[1, :150] = True, True
    found, plain = winner_share(right, np.arange(300), 0), wilson(270, 300)
    assert found.value == pytest.approx(0.9, abs=0.003)
    assert found.low == pytest.approx(plain.low, abs=0.006)
    assert found.high == pytest.approx(plain.high, abs=0.006)
    assert found.n == 300


def test_in_a_close_race_it_is_likely_to_have_been_lucky() -> None:
    rng = np.random.default_rng(3)
    right = rng.random((20, 300)) < 0.85
    winner = int(np.argmax(right.sum(axis=1)))
    found = winner_share(right, np.arange(300), winner)
    assert found.value < right[winner].mean() - 0.01
    assert found.low < found.value < found.high


def test_equal_twins_do_not_count_as_rivals() -> None:
    row = np.arange(300) < 255
    alone = winner_share(row[None], np.arange(300), 0)
    twins = winner_share(np.stack([row, row]), np.arange(300), 0)
    assert twins.value == pytest.approx(alone.value, abs=1e-6)


def test_perfect_answers_and_a_single_candidate_are_no_trouble() -> None:
    found = winner_share(np.ones((3, 40), dtype=bool), np.arange(40), 0)
    assert found.low < 1.0
    assert found.high == 1.0


def test_it_is_never_surer_than_the_plain_interval_below() -> None:
    right = np.array([[True] * 60, [True, False] * 30])
    assert winner_share(right, np.arange(60), 0).low == pytest.approx(wilson(60, 60).low)


def test_near_copies_widen_it() -> None:
    rng = np.random.default_rng(4)
    right = np.repeat(rng.random((5, 60)) < 0.85, 5, axis=1)
    alone = winner_share(right, np.arange(300), int(np.argmax(right.sum(axis=1))))
    copied = winner_share(right, np.repeat(np.arange(60), 5), int(np.argmax(right.sum(axis=1))))
    assert copied.high - copied.low > 1.5 * (alone.high - alone.low)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "correlation"), [(5, 0.0), (10, 0.5), (20, 0.8)])
def test_it_covers_where_the_plain_interval_does_not(count: int, correlation: float) -> None:
    rng = np.random.default_rng(13)
    held, off = 0, []
    for _ in range(300):
        score = np.sqrt(correlation) * rng.standard_normal(300) + np.sqrt(1 - correlation) * rng.standard_normal(
            (count, 300)
        )
        right = score < norm.ppf(0.85)
        seen = right.sum(axis=1)
        found = winner_share(right, np.arange(300), int(rng.choice(np.flatnonzero(seen == seen.max()))))
        held += found.low <= 0.85 <= found.high
        off.append(found.value - 0.85)
    assert 0.92 <= held / 300 <= 0.98
    assert abs(float(np.mean(off))) < 0.01
