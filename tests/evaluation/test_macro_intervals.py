"""Intervals of figures that average over topics."""

from collections.abc import Callable

import numpy as np
import pytest

from topicsmith.evaluation.macro_intervals import macro_interval
from topicsmith.evaluation.metrics import balanced_accuracy, counts_by_row, macro_f1
from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson


def interval(
    truth: IntArray,
    said: IntArray,
    groups: IntArray,
    topics: int,
    figure: Callable[[FloatArray], FloatArray] = macro_f1,
) -> Interval:
    accuracy = clustered_share(truth == said, groups)
    return macro_interval(counts_by_row(truth, said, topics), groups, figure, accuracy)


def test_with_two_equal_topics_balanced_accuracy_has_the_accuracys_interval() -> None:
    truth = np.repeat([0, 1], 50)
    said = np.where(np.arange(100) % 5 == 0, 1 - truth, truth)
    found = interval(truth, said, np.arange(100), 2, balanced_accuracy)
    accuracy = clustered_share(truth == said, np.arange(100))
    assert found.value == pytest.approx(0.8)
    assert (found.low, found.high) == pytest.approx((accuracy.low, accuracy.high), abs=0.004)


def test_rows_that_are_all_right_leave_room_for_what_rare_topics_hide() -> None:
    truth = np.array([0] * 94 + [1] * 6)
    found = interval(truth, truth, np.arange(100), 2)
    # 1/T^2 times the sum of 1/rows, over 1/n: 100 (1/94 + 1/6) / 4 = 4.43 times the accuracy's variance
    assert found.low == pytest.approx(1 - 4.4326**0.5 * (1 - wilson(100, 100).low), abs=1e-4)
    assert found.high == 1.0


def test_where_one_group_makes_the_variance_the_interval_reaches_further_up() -> None:
    truth = np.arange(120) % 4
    missed = (np.arange(120) < 24) | (np.arange(120) // 4 % 2 == 1)
    said = np.where(missed, (truth + 1) % 4, truth)
    for groups, wider in ((np.maximum(np.arange(120) - 23, 0), 4.3027 / 1.9600), (np.arange(120), 1.0)):
        accuracy = clustered_share(truth == said, groups)
        found = interval(truth, said, groups, 4)
        up = (found.high - found.value) / (accuracy.high - accuracy.value)
        down = (found.value - found.low) / (accuracy.value - accuracy.low)
        # two degrees of freedom where 24 rows went wrong together, some hundred where each is a stranger
        assert up / down == pytest.approx(wider, rel=0.08)


def test_nothing_to_measure_has_no_interval() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert np.isnan(interval(none, none, none, 3).low)


@pytest.mark.slow
@pytest.mark.parametrize(("topics", "rows"), [(6, 100), (12, 300), (50, 300)])
@pytest.mark.parametrize("copies", [1, 3])
def test_nineteen_of_twenty_hold_the_true_macro_f1(topics: int, rows: int, copies: int) -> None:
    rng = np.random.default_rng(7)
    right = np.linspace(0.7, 0.95, topics)
    wrong = (1 - right) / (topics - 1)
    predicted = right + wrong.sum() - wrong
    true_f1 = float((2 * right / (1 + predicted)).mean())
    groups = np.repeat(np.arange(rows // copies), copies)
    held = 0
    for _ in range(400):
        truth = rng.integers(0, topics, rows // copies)
        other = (truth + rng.integers(1, topics, len(truth))) % topics
        said = np.where(rng.random(len(truth)) < right[truth], truth, other)
        found = interval(truth[groups], said[groups], groups, topics)
        held += found.low <= true_f1 <= found.high
    assert 0.93 - 0.025 <= held / 400 <= 1
