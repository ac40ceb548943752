"""Thresholds: what they do by hand, and that promises hold in simulation."""

from collections.abc import Callable

import numpy as np
import pytest

from topicsmith.classifiers.cascade.bounds import HeldRows
from topicsmith.classifiers.cascade.thresholds import NEVER, AnsweredRows, for_accuracy, for_cost, usual_prices


def answered(right: np.ndarray, sure: np.ndarray) -> AnsweredRows:
    return AnsweredRows(right, sure, HeldRows(np.arange(len(right)), np.zeros(len(right), np.bool_)))


def world(n: int, rng: np.random.Generator, dear: float = 0.95) -> AnsweredRows:
    """A first member that knows how sure it may be, right on 90 % in all, and a last one right on ``dear``."""
    sure = rng.beta(4.5, 0.5, n)
    right = np.stack([rng.random(n) < sure, rng.random(n) < dear], axis=1)
    return answered(right, sure[:, None])


def test_the_first_sure_member_answers() -> None:
    right = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 0]], np.bool_)
    sure = np.array([[0.9, 0.9], [0.4, 0.8], [0.4, 0.3], [-1.0, 0.5]])
    rows = answered(right, sure)
    assert rows.answering((0.5, 0.5)).tolist() == [0, 1, 2, 1]
    assert rows.right_with((0.5, 0.5)).tolist() == [True, True, True, True]
    assert rows.reached((0.5, 0.5)) == (1.0, 0.75, 0.25)
    assert rows.answering((NEVER, NEVER)).tolist() == [2, 2, 2, 2]
    assert rows.answering((0.0, 0.0)).tolist() == [0, 0, 0, 1]  # no answer is sent on whatever the threshold
    assert usual_prices(3) == pytest.approx((0.0001, 0.01, 1.0))


def test_a_first_member_that_is_always_right_answers_everything() -> None:
    rows = answered(np.ones((200, 2), np.bool_), np.linspace(0.5, 1, 200)[:, None])
    found = for_accuracy(rows, rows.sample.lower, 0.95, 0.05, usual_prices(2))
    assert found.promised
    assert found.thresholds == (0.0,)
    assert found.reached == (1.0, 0.0)
    assert found.accuracy == 1.0


def test_tests_start_at_shares_of_the_risk_and_pass_on_what_they_won() -> None:
    rows = world(400, np.random.default_rng(0))
    asked: list[tuple[int, float]] = []

    def lower(right: np.ndarray, risk: float) -> float:
        asked.append((int(right.sum()), round(risk, 6)))
        return 1.0  # all succeed

    for_accuracy(rows, lower, 0.95, 0.06, usual_prices(2))
    assert {risk for _, risk in asked} == {0.02, 0.04, 0.06}
    asked.clear()

    def none(right: np.ndarray, risk: float) -> float:
        asked.append((int(right.sum()), round(risk, 6)))
        return 0.0

    found = for_accuracy(rows, none, 0.95, 0.06, usual_prices(2))
    assert not found.promised
    assert {risk for _, risk in asked} == {0.02}
    assert len(asked) == 6  # three starts, each for its test and for what may be promised instead


def test_what_cannot_be_shown_is_not_promised_and_what_can_is_said() -> None:
    rows = world(300, np.random.default_rng(1))
    found = for_accuracy(rows, rows.sample.lower, 0.999, 0.05, usual_prices(2))
    assert not found.promised
    assert found.bound is not None
    assert 0.9 < found.bound < found.accuracy
    small = world(20, np.random.default_rng(2))
    assert not for_accuracy(small, small.sample.lower, 0.95, 0.05, usual_prices(2)).promised


def test_a_share_that_is_sent_has_an_upper_bound() -> None:
    rows = world(1000, np.random.default_rng(3))
    found = for_cost(rows, 0.1, 0.05, [0.0, 1.0])
    assert found.promised
    assert 0.07 < found.reached[1] < 0.09  # 84 of 1,000 is the most whose upper bound is 10 %
    unanswered = answered(np.ones((50, 2), np.bool_), np.r_[np.full(10, -1.0), np.linspace(0.5, 1, 40)][:, None])
    less = for_cost(unanswered, 0.1, 0.05, [0.0, 1.0])
    assert not less.promised
    assert less.reached[1] == pytest.approx(0.2)
    dear = for_cost(rows, 0.5, 0.05, [0.2, 2.0])
    assert dear.promised
    assert 0.2 + 2 * dear.reached[1] <= 0.5


def test_a_cheap_member_in_front_saves_answers_of_the_middle_one() -> None:
    rng = np.random.default_rng(4)
    two = world(2000, rng)
    front = rng.beta(1.5, 0.5, 2000)
    right = np.concatenate([(rng.random(2000) < front)[:, None], two.right], axis=1)
    rows = answered(right, np.concatenate([front[:, None], two.sure], axis=1))
    found = for_accuracy(rows, rows.sample.lower, 0.94, 0.05, (0.0, 1.0, 20.0))
    assert found.promised
    assert found.accuracy > 0.94
    assert found.reached[1] < 0.9
    assert found.reached[2] < 0.35


def _share_of_broken_promises(
    choose: Callable[[AnsweredRows], tuple[float, ...] | None], draws: int, wanted: float, rows: int
) -> float:
    everyone = world(200_000, np.random.default_rng(99))
    broken = 0
    for draw in range(draws):
        thresholds = choose(world(rows, np.random.default_rng(draw)))
        broken += thresholds is not None and bool(everyone.right_with(thresholds).mean() < wanted)
    return broken / draws


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [0.93, 0.95])
def test_promises_hold_but_for_the_stated_risk_where_a_greedy_choice_breaks_every_other(wanted: float) -> None:
    def shown(rows: AnsweredRows) -> tuple[float, ...] | None:
        found = for_accuracy(rows, rows.sample.lower, wanted, 0.05, usual_prices(2))
        return found.thresholds if found.promised else None

    def greedy(rows: AnsweredRows) -> tuple[float, ...]:
        levels = np.unique(rows.sure)
        return (min(float(x) for x in [*levels, NEVER] if x == NEVER or rows.right_with((x,)).mean() >= wanted),)

    assert _share_of_broken_promises(shown, 200, wanted, 400) <= 0.05
    assert _share_of_broken_promises(greedy, 60, wanted, 400) > 0.4
