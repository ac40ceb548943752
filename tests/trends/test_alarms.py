"""Alarms in figures."""

from datetime import date

import numpy as np
import pytest

from topicsmith.shares.run_rows import CountedRow
from topicsmith.trends.alarms import alarms_of
from topicsmith.trends.counting import counted
from topicsmith.trends.periods import PeriodRows
from topicsmith.trends.watch import ChartAlarm, Watched

TOPICS = ("a", "b", "c")
CODES = np.array([0, 1, 2, 0, 0, 0, 0, 1])
ROWS = [CountedRow("t", {}, f"q{n}", f"t{n}", f"text {n // 2}") for n in range(8)]
SPANS = [
    PeriodRows("one", date(2026, 1, 1), date(2026, 1, 1), np.arange(4)),
    PeriodRows("two", date(2026, 1, 2), date(2026, 1, 2), np.arange(4, 8)),
]
COUNTS = counted(SPANS, CODES, np.arange(8), 3, None)
EXPECTED = np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])


def watched(single: tuple[ChartAlarm, ...] = (), together: tuple[ChartAlarm, ...] = ()) -> tuple[Watched, None]:
    return Watched(single, together, EXPECTED, EXPECTED), None


def test_a_topic_that_rose_has_its_rows_and_one_that_fell_none() -> None:
    of = watched((ChartAlarm(0, "rise", 1, 1, 1), ChartAlarm(2, "fall", 0, 1, 1)))
    (rise, fall), rows = alarms_of(TOPICS, ROWS, SPANS, (CODES, COUNTS), None, of)
    assert (rise.since, rise.raised, rise.last, rise.seen, rise.expected) == ("two", "two", "two", 0.75, 0.25)
    assert [(row.alarm, row.query_id, row.trace_id, row.topic) for row in rows] == [
        (1, "q4", "t4", "a"), (1, "q5", "t5", "a"), (1, "q6", "t6", "a"),
    ]  # fmt: skip
    assert rise.examples == ("text 2", "text 3")
    assert (fall.since, fall.seen, fall.expected, fall.rows) == ("one", 0.125, 0.375, 0)


def test_all_topics_together_name_those_that_moved_most() -> None:
    codes, rows = np.repeat(CODES, 20), [row for row in ROWS for _ in range(20)]
    spans = [PeriodRows(s.name, s.first, s.last, np.arange(80) + 80 * n) for n, s in enumerate(SPANS)]
    counts = counted(spans, codes, np.arange(160), 3, None)
    (alarm,), behind = alarms_of(
        TOPICS, rows, spans, (codes, counts), None, watched(together=(ChartAlarm(-1, "rise", 1, 1, 1),))
    )
    assert [(each.topic, each.seen) for each in alarm.moved] == [("a", 0.75), ("c", 0.0)]
    assert alarm.seen == pytest.approx(0.5)
    assert {row.topic for row in behind} == {"a"}
