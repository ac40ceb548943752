"""Rows as counts by period."""

from datetime import date
from pathlib import Path

import numpy as np

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import encode
from topicsmith.shares.rows import share_rows
from topicsmith.shares.run_rows import CountedRow, run_rows
from topicsmith.trends.counting import (
    baseline,
    codes_of,
    counted,
    once,
    strange_before,
    strange_counts,
    topics_before,
    unrepeated,
)
from topicsmith.trends.far import far_rows
from topicsmith.trends.periods import PeriodRows
from topicsmith.trends.watch import StepCounts


def test_near_copies_count_once_in_a_period_and_again_in_the_next() -> None:
    groups = np.array([7, 7, 8, 7])
    assert once(np.array([0, 1, 2]), groups).tolist() == [0, 2]
    days = [PeriodRows("a", date(2026, 1, 5), date(2026, 1, 5), np.array([0, 1, 2]))]
    days += [PeriodRows("b", date(2026, 1, 6), date(2026, 1, 6), np.array([3]))]
    days += [PeriodRows("c", date(2026, 1, 7), date(2026, 1, 7), np.array([], np.int64))]
    found = counted(days, np.array([0, 0, 1, 0]), groups, 3, None)
    assert [(each.counts.tolist(), each.rows, each.weekday) for each in found.topics[:2] if each is not None] == [
        ([1, 1, 0], 2, 0), ([1, 0, 0], 1, 1),
    ]  # fmt: skip
    assert found.topics[2] is None
    assert found.strange == [None] * 3


def test_a_row_that_stands_there_again_is_told_by_id_time_and_text() -> None:
    row = CountedRow("2026-01-01", {}, "a", "a", "hello")
    other_time = CountedRow("2026-01-02", {}, "a", "a", "hello")
    nameless = CountedRow("2026-01-01", {}, None, None, "hello")
    assert unrepeated([row, other_time, row, nameless, nameless]).tolist() == [True, True, False, True, True]


def test_strangeness_is_counted_in_rows_that_vary_as_it_does() -> None:
    found = strange_counts(np.array([0.0, 0.5, 1.0, 0.0]), 2.0, 3)
    assert found is not None
    assert (found.counts.tolist(), found.rows, found.weekday) == ([3], 8, 3)
    assert strange_counts(np.array([]), 2.0) is None


def test_known_topics_go_before_answers() -> None:
    assert codes_of(share_rows(["a", "b"], ["a", "a"], ["b", "a"])).tolist() == [1, 0]
    assert codes_of(share_rows(["a", "b"], ["a", "a"], ["b", None])).tolist() == [0, 0]


def test_the_reference_is_the_held_out_rows_by_weekday(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)])
    rows = run_rows(run, tmp_path, "tfidf")
    before = topics_before(rows)
    assert sum(each.rows for each in before) == 90  # 180 rows, two of each group
    assert [each.weekday for each in before] == [0, 1, 3, 4, 5]  # 2 January 2026 is a Friday
    far = far_rows(rows, ["x"], ["question 1"], encode)
    assert [each.weekday for each in strange_before(far)] == [0, 1, 3, 4, 5]


def test_the_first_quarter_of_the_rows_is_the_baseline_of_a_run_s_own() -> None:
    steps = [StepCounts(np.array([1]), 100), None, *[StepCounts(np.array([1]), 100)] * 10]
    assert baseline(steps) == 4
    assert baseline(steps[:2]) == 1
