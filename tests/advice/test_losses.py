"""The losses that an advice weighs: on the same rows, and from intervals alone."""

from collections.abc import Callable

import pytest

from topicsmith.advice.losses import UNPAIRED, Loss, losses_by_audit, losses_by_intervals, losses_on_rows
from topicsmith.audit.estimate import stratified
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
    """Right on the same 40 of 80 audited rows but for two: their intervals overlap widely, and still they are close."""
    strata = ["agreed"] * 400 + ["disagreed"] * 400
    rows = list(range(0, 800, 10))
    first = {row: place % 2 == 0 for place, row in enumerate(rows)}
    second = {row: right and row not in {0, 400} for row, right in first.items()}
    right = {"first": first, "second": second}
    accuracies = {name: stratified(strata, said) for name, said in right.items()}
    paired = losses_by_audit(accuracies, strata, right)(["first", "second"])["second"].interval
    apart = losses_by_intervals(accuracies)(["first", "second"])["second"].interval
    assert paired.value == apart.value == pytest.approx(2 / 80)
    assert paired.n == 80
    # 2 of 80 apart: a variance of .0247 / 80, nine tenths of it by the rows not looked at, and .0244 / 800
    assert paired.high == pytest.approx(2 / 80 + 1.96 * (0.9 * 0.0247 / 80 + 0.0244 / 800) ** 0.5, abs=0.002)
    assert paired.high < 0.07
    assert apart.high > 0.15


def test_two_that_answer_alike_on_audited_rows_are_not_shown_to_be_equal() -> None:
    strata = ["agreed"] * 300
    said = {row: row % 30 != 0 for row in range(0, 300, 10)}
    accuracy = stratified(strata, said)
    found = losses_by_audit({"x": accuracy, "y": accuracy}, strata, {"x": said, "y": said})(["x", "y"])
    assert found["y"].interval.high > 0.02
