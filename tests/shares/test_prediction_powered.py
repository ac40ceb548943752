"""Shares from a random sample with a known truth, helped by answers."""

import numpy as np
import pytest

from topicsmith.errors import RunStateError
from topicsmith.shares.prediction_powered import prediction_powered
from topicsmith.shares.rows import ShareRows, share_rows


def rows(predicted: str, truth: str, strata: str | None = None, groups: str | None = None) -> ShareRows:
    told = [None if each == "." else each for each in truth]
    return share_rows(["a", "b"], list(predicted), told, groups and list(groups), strata and list(strata))


def test_by_hand() -> None:
    # 10 rows, 6 answered a; 4 known: answers a a b b, truth a b b b.
    found = prediction_powered(rows("aabbaaaabb", "abbb......"), 0)
    # Truth 1 0 0 0 against answers 1 1 0 0: covariance .125, variance .25, so the weight is .5.
    # Value: mean truth .25 + .5 * (.6 - .5) = .3
    assert found.value == pytest.approx(0.3)
    # Rest .5 -.5 0 0 has mean 0: (.25 + .25 + .5 imagined) * 4/3 / 16, times 1 - 4/10; then .3 * .7 / 10.
    variance = 1.0 * 4 / 3 / 16 * 0.6 + 0.021
    assert found.effective_n == pytest.approx(0.21 / variance)
    assert (found.low < 0.3 < found.high, found.n) == (True, 10)


def test_answers_that_are_always_right_carry_the_whole_share() -> None:
    assert prediction_powered(rows("aabbabbbbb", "aabb......"), 0).value == pytest.approx(0.3)


def test_answers_that_say_nothing_leave_the_sample_alone() -> None:
    found = prediction_powered(rows("ababaaaaaa", "aabb......"), 0)
    assert found.value == pytest.approx(0.5)


def test_each_stratum_stands_for_itself() -> None:
    # stratum x: 8 rows, 2 known, all a; stratum y: 2 rows, both known, both b; answers are all b and say nothing
    found = prediction_powered(rows("b" * 10, "aa......bb", "xxxxxxxxyy"), 0)
    assert found.value == pytest.approx(0.8)
    thin = prediction_powered(rows("b" * 10, "aa......b.", "xxxxxxxxyy"), 0)  # one known row speaks for no stratum
    assert thin.value == pytest.approx(2 / 3)


def test_copies_that_are_known_together_tell_less() -> None:
    known = "aabb" + "." * 16
    apart = prediction_powered(rows("b" * 20, known), 0)
    together = prediction_powered(rows("b" * 20, known, groups="xxyyabcdefghijklmnop"), 0)
    assert together.value == apart.value
    assert together.high - together.low > apart.high - apart.low


def test_one_known_row_is_refused() -> None:
    with pytest.raises(RunStateError, match="the truth of 1 rows is known; it takes 2"):
        prediction_powered(rows("ab", "a."), 0)


@pytest.mark.slow
def test_intervals_hold_whatever_the_mistakes() -> None:
    rng = np.random.default_rng(5)
    held = []
    for _ in range(400):
        share = rng.uniform(0.05, 0.4)
        truth = (rng.random(1000) > share).astype(np.int64)
        answers = np.where(rng.random(1000) < 0.3, 0, truth)  # three in ten are answered a, whatever they are
        told = np.where(np.arange(1000) < 100, truth, -1)
        found = prediction_powered(ShareRows(answers, told, np.arange(1000), 2), 0)
        held.append(found.low <= share <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98
