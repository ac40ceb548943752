"""The losses that an advice weighs: on the same rows, and from intervals alone."""

from collections.abc import Callable

import pytest

from topicsmith.advice.losses import UNPAIRED, Loss, losses_by_audit, losses_by_intervals, losses_on_rows
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Interval, wilson


def test_the_best_is_the_best_of_those_named(
    make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"] * 100)
    among = losses_on_rows(
        rows,
        {
            "all": answer(["a"] * 100),
            "most": answer(["a"] * 90 + ["b"] * 10),
            "few": answer(["a"] * 50 + [None] * 50),
        },
    )
    everyone = among(["few", "all", "most"])
    assert list(everyone) == ["few", "all", "most"]
    assert [loss.interval.value for loss in everyone.values()] == pytest.approx([0.5, 0.0, 0.1])
    assert [loss.may_be_best for loss in everyone.values()] == [False, True, False]
    assert everyone["few"].interval.low > 0.35
    two = among(["few", "most"])
    assert two["most"].interval.value == 0.0
    assert two["few"].interval.value == pytest.approx(0.4)
    assert among(["few"])["few"].interval.high == 0.0


def test_intervals_alone_are_taken_as_of_different_rows() -> None:
    found = losses_by_intervals({"x": wilson(80, 100), "y": wilson(70, 100)})(["x", "y"])
    y = found["y"].interval
    assert y.value == pytest.approx(0.1)
    assert (y.low, y.n, y.method) == (0.0, 100, UNPAIRED)
    # two standard errors of .040 and .046 make .061: .1 + 1.96 * .061
    assert y.high == pytest.approx(0.219, abs=0.004)
    assert found["y"].may_be_best


def test_within_the_margin_is_what_is_shown_and_not_what_is_seen() -> None:
    assert Loss(Interval(0.0, 0.0, 0.02, 100), may_be_best=True).within(0.02)
    assert not Loss(Interval(0.0, 0.0, 0.03, 100), may_be_best=True).within(0.02)


def test_audited_rows_are_compared_with_themselves() -> None:
    """Where the difference is known well, the loss is, however wide the intervals of the two are."""
    accuracies = {"first": Interval(0.5, 0.4, 0.6, 800), "second": Interval(0.475, 0.375, 0.575, 800)}
    difference = Interval(0.025, -0.0142, 0.0642, 800)  # a standard error of .02
    paired = losses_by_audit(accuracies, lambda *_: difference, 80)(["first", "second"])["second"].interval
    apart = losses_by_intervals(accuracies)(["first", "second"])["second"].interval
    assert paired.value == apart.value == pytest.approx(0.025)
    assert paired.n == 80
    assert paired.high == pytest.approx(0.025 + 1.96 * 0.02, abs=0.0005)
    assert apart.high > 0.15
