"""Rows of a run and of its traffic as counts by period, near-copies once: what charts are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.shares.rows import ShareRows
from topicsmith.shares.run_rows import CountedRow, RunRows
from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.traces.conversations.instants import instant
from topicsmith.trends.far import FarRows
from topicsmith.trends.periods import PeriodRows
from topicsmith.trends.watch import StepCounts

_DAY = 86_400 * 1_000_000_000
_THURSDAY = 3  # 1970 began on one


def weekday_of(time: str | None) -> int | None:
    """The weekday of a time, 0 being Monday; ``None`` where it is none.

    >>> weekday_of("2026-01-05T10:00:00Z"), weekday_of("soon")
    (0, None)
    """
    found = instant(time)
    return None if found is None else int((found // _DAY + _THURSDAY) % 7)


def once(rows: IntArray, groups: IntArray) -> IntArray:
    """The first of ``rows`` of each group of near-copies."""
    found: IntArray = rows[np.sort(np.unique(groups[rows], return_index=True)[1])]
    return found


def unrepeated(rows: Sequence[CountedRow]) -> NDArray[np.bool_]:
    """Which rows did not stand there before, by their id, time and text."""
    seen: set[tuple[str, str | None, str | None]] = set()
    fresh = np.ones(len(rows), dtype=bool)
    for at, row in enumerate(rows):
        key = None if row.name is None else (row.name, row.time, row.text)
        if key in seen:
            fresh[at] = False
        elif key is not None:
            seen.add(key)
    return fresh


@dataclass(frozen=True)
class Counted:
    """StepCounts by period, of topics and, where they are known, of how strange rows are; ``None`` without rows.

    ``topics`` counts each topic and rows without an answer. ``strange`` counts strangeness in yes-or-no rows.
    """

    topics: list[StepCounts | None]
    strange: list[StepCounts | None]


def counted(
    found: Sequence[PeriodRows], codes: IntArray, groups: IntArray, outputs: int, far: FarRows | None
) -> Counted:
    """The counts of each of the periods ``found``; ``codes`` are the topic of each row."""
    topics: list[StepCounts | None] = []
    strange: list[StepCounts | None] = []
    for span in found:
        rows = once(span.rows, groups)
        weekday = span.first.weekday()
        of_topics = np.bincount(codes[rows], minlength=outputs)
        topics.append(StepCounts(of_topics, len(rows), weekday) if len(rows) else None)
        asked = rows if far is None else once(span.rows[far.judged[span.rows]], groups)
        strange.append(None if far is None else strange_counts(far.strangeness[asked], far.worth, weekday))
    return Counted(topics, strange)


def strange_counts(strangeness: FloatArray, worth: float, weekday: int | None = None) -> StepCounts | None:
    """Strangeness as a count among yes-or-no rows that vary as much as it does."""
    if not len(strangeness):
        return None
    rows = max(round(len(strangeness) * worth), 1)
    count = min(round(float(strangeness.sum()) * worth), rows)
    return StepCounts(np.array([count]), rows, weekday)


def codes_of(rows: ShareRows) -> IntArray:
    """The topic of each row: the true one where that of every row is known, otherwise the one answered."""
    return rows.truth if len(rows) and bool(rows.known.all()) else rows.predicted


def topics_before(rows: RunRows) -> list[StepCounts]:
    """The answers to the run's held-out rows, by weekday where they have a time."""
    parts = [rows.split(name) for name in ("validation", "test")]
    queries = [query for name in ("validation", "test") for part, query in rows.tables.held_out if part == name]
    codes = np.concatenate([each.predicted for each in parts])
    firsts = {(rows.groups_by_query[query.query_id]): at for at, query in reversed(list(enumerate(queries)))}
    kept = sorted(firsts.values())
    weekdays = [weekday_of(queries[at].time) for at in kept]
    found = []
    for weekday in sorted(set(weekdays), key=lambda each: -1 if each is None else each):
        own = codes[[at for at, each in zip(kept, weekdays, strict=True) if each == weekday]]
        found.append(StepCounts(np.bincount(own, minlength=parts[0].outputs), len(own), weekday))
    return found


def strange_before(far: FarRows) -> list[StepCounts]:
    """How strange held-out rows are, by weekday where they have a time."""
    strangeness = far.scale.strangeness(far.of_held_out)
    weekdays = [weekday_of(query.time) for query in far.held_out]
    found = []
    for weekday in sorted(set(weekdays), key=lambda each: -1 if each is None else each):
        own = strangeness[[each == weekday for each in weekdays]]
        counts = strange_counts(own, far.worth, weekday)
        found += [] if counts is None else [counts]
    return found


def baseline(steps: Sequence[StepCounts | None], part: float = 0.25, fewest: int = 100) -> int:
    """How many of the first steps later ones are compared with, where there is nothing else to compare them with."""
    rows = np.array([0 if step is None else step.rows for step in steps])
    taken = int(np.searchsorted(np.cumsum(rows), max(part * float(rows.sum()), fewest))) + 1
    return min(taken, len(rows) // 2)
