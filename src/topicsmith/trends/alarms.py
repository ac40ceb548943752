"""Alarms in words and figures, and the rows behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.shares.run_rows import CountedRow
from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.trends.counting import Counted
from topicsmith.trends.far import FarRows
from topicsmith.trends.nearness import FAR
from topicsmith.trends.periods import PeriodRows
from topicsmith.trends.results import MovedTopic, Statistic, TrendAlarm
from topicsmith.trends.watch import ChartAlarm, Watched

EXAMPLES = 8
_NAMED = 3
_UNEXPECTED = 2.0
"""Standard deviations by which a topic must have moved to be named where all topics together raised an alarm."""


@dataclass(frozen=True)
class AlarmRow:
    """A row behind an alarm: the ``alarm``'s number from 1 on, and the row's own."""

    alarm: int
    statistic: str
    raised: str
    query_id: str | None
    trace_id: str | None
    text: str | None
    time: str | None
    topic: str
    nearness: float | None


@dataclass(frozen=True)
class _Traffic:
    """What alarms are told from."""

    topics: Sequence[str]
    rows: Sequence[CountedRow]
    spans: Sequence[PeriodRows]
    codes: IntArray
    counts: Counted
    far: FarRows | None

    def between(self, alarm: ChartAlarm) -> IntArray:
        """The rows from the step at which an alarm began to the last one that raised it."""
        found: IntArray = np.concatenate([span.rows for span in self.spans[alarm.since : alarm.last + 1]])
        return found


def alarms_of(
    topics: Sequence[str],
    rows: Sequence[CountedRow],
    spans: Sequence[PeriodRows],
    counted: tuple[IntArray, Counted],
    far: FarRows | None,
    watched: tuple[Watched, Watched | None],
) -> tuple[tuple[TrendAlarm, ...], tuple[AlarmRow, ...]]:
    """Every alarm in the order in which they were raised, and the rows behind them.

    Args:
        topics: by code.
        rows: the traffic.
        spans: its periods.
        counted: the topic of each row, and the counts by period.
        far: which rows are far.
        watched: the charts of the topics, and of how strange rows are.
    """
    traffic = _Traffic(topics, rows, spans, *counted, far)
    found: list[tuple[int, TrendAlarm, IntArray]] = []
    of_topics, of_far = watched
    if of_far is not None:
        found += [(each.step, *_far(each, traffic)) for each in of_far.alarms]
    found += [(each.step, *_together(each, traffic, of_topics)) for each in of_topics.together]
    found += [(each.step, *_topic(each, traffic, of_topics)) for each in of_topics.alarms]
    found.sort(key=lambda entry: entry[0])
    behind = [_row(n, alarm, int(at), traffic) for n, (_, alarm, chosen) in enumerate(found, 1) for at in chosen]
    return tuple(alarm for _, alarm, _ in found), tuple(behind)


def _row(number: int, alarm: TrendAlarm, at: int, traffic: _Traffic) -> AlarmRow:
    row, far = traffic.rows[at], traffic.far
    nearness = None if far is None or np.isnan(far.nearness[at]) else float(far.nearness[at])
    topic = traffic.topics[traffic.codes[at]]
    return AlarmRow(number, alarm.statistic, alarm.raised, row.name, row.trace, row.text, row.time, topic, nearness)


def _alarm(
    alarm: ChartAlarm,
    traffic: _Traffic,
    statistic: Statistic,
    figures: tuple[float, float],
    moved: Sequence[MovedTopic],
    rows: IntArray,
) -> tuple[TrendAlarm, IntArray]:
    texts = tuple(dict.fromkeys(text for at in rows if (text := traffic.rows[int(at)].text)))[:EXAMPLES]
    since, raised, last = (traffic.spans[at].name for at in (alarm.since, alarm.step, alarm.last))
    seen, expected = figures
    told = TrendAlarm(
        statistic,
        alarm.direction,
        since,
        raised,
        last,
        seen,
        expected,
        tuple(moved),
        len(rows),
        tuple(texts[:EXAMPLES]),
    )
    return told, rows


def _far(alarm: ChartAlarm, traffic: _Traffic) -> tuple[TrendAlarm, IntArray]:
    far = traffic.far
    assert far is not None
    rows = traffic.between(alarm)
    asked = rows[far.judged[rows]]
    chosen = rows[far.far[rows]]
    before = [span.rows for span in traffic.spans[: alarm.since] if len(span.rows)]
    earlier = np.concatenate(before) if before else rows[:0]
    earlier = earlier[far.judged[earlier]]
    figures = float(far.far[asked].mean()), float(far.far[earlier].mean()) if len(earlier) else FAR
    return _alarm(alarm, traffic, "far", figures, (), chosen[np.argsort(far.nearness[chosen], kind="stable")])


def _seen(alarm: ChartAlarm, traffic: _Traffic, watched: Watched) -> tuple[FloatArray, FloatArray, int]:
    """StepCounts of the topics since an alarm began, those expected, and of how many rows."""
    steps = [
        (counts, watched.expected[at])
        for at in range(alarm.since, alarm.last + 1)
        if (counts := traffic.counts.topics[at]) is not None and not np.isnan(watched.expected[at]).any()
    ]
    seen = np.sum([counts.counts for counts, _ in steps], axis=0).astype(float)
    expected = np.sum([counts.rows * shares for counts, shares in steps], axis=0)
    return seen, expected, sum(counts.rows for counts, _ in steps)


def _topic(alarm: ChartAlarm, traffic: _Traffic, watched: Watched) -> tuple[TrendAlarm, IntArray]:
    seen, expected, rows = _seen(alarm, traffic, watched)
    k = alarm.chart
    moved = MovedTopic(traffic.topics[k], float(seen[k] / rows), float(expected[k] / rows))
    between = traffic.between(alarm)
    chosen = between[traffic.codes[between] == k] if alarm.direction == "rise" else between[:0]
    return _alarm(alarm, traffic, "topic", (moved.seen, moved.expected), (moved,), chosen)


def _together(alarm: ChartAlarm, traffic: _Traffic, watched: Watched) -> tuple[TrendAlarm, IntArray]:
    seen, expected, rows = _seen(alarm, traffic, watched)
    surprise = (seen - expected) / np.sqrt(np.maximum(expected, 0.5))
    order = [k for k in np.argsort(-np.abs(surprise), kind="stable")[:_NAMED] if abs(surprise[k]) >= _UNEXPECTED]
    moved = [MovedTopic(traffic.topics[k], float(seen[k] / rows), float(expected[k] / rows)) for k in order]
    between = traffic.between(alarm)
    risen = [k for k in order if surprise[k] > 0]
    distance = float(np.abs(seen - expected).sum() / rows / 2)
    return _alarm(alarm, traffic, "topics", (distance, 0.0), moved, between[np.isin(traffic.codes[between], risen)])
