"""Watching counts from step to step: charts of single shares and of all together, and the alarms they raise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc, ndtri

from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.trends.cusum import ALLOWANCE, limit_for
from topicsmith.trends.levels import WEEKDAYS, Levels, calmed

Direction = Literal["rise", "fall"]

TOGETHER = -1
"""The number of the chart of all charts together."""

FEWEST = 20
"""Rows of a step, near-copies once, below which it is not tested."""

_HOLD, _HOLD_OF_DAYS = 4, 14
"""Steps after which an alarm that does not come again is over, and after which one that does is the usual level."""

_FARTHEST = 8.0
_FARTHEST_TOGETHER = 3.0
"""Times as much as chance lets all topics differ, at which a day is cut in telling how restless days are."""

_MARGIN = 1.6
"""Charts are set for one false alarm in so many times the steps that are promised: what they expect is estimated."""


@dataclass(frozen=True)
class StepCounts:
    """``counts`` of shape (charts,) among ``rows``; ``weekday`` from 0 (Monday), ``None`` where it is not known."""

    counts: IntArray
    rows: int
    weekday: int | None = None


@dataclass(frozen=True)
class ChartAlarm:
    """A chart passed its limit at ``step``, and the last time at ``last``; at ``since`` it had begun to climb."""

    chart: int
    direction: Direction
    since: int
    step: int
    last: int


@dataclass(frozen=True)
class Watched:
    """What a watch found: ``alarms`` of single charts, ``together`` of all at once, in order.

    ``expected`` and ``limit``, of shape (steps, charts), are the share that each chart expected and the one at which it
    would have raised an alarm for a rise; not a number where a step was not tested.
    """

    alarms: tuple[ChartAlarm, ...]
    together: tuple[ChartAlarm, ...]
    expected: FloatArray
    limit: FloatArray


@dataclass(frozen=True)
class WatchSettings:
    """How many steps there are between false alarms: of ``single`` charts and of the one of all ``together``, each.

    ``None`` for charts that are not wanted. Falls are charted where ``falls`` is set, otherwise they end a rise
    without an alarm. ``cycle`` is whether steps are days, whose weekdays may differ.
    """

    single: float
    together: float | None = None
    falls: bool = True
    cycle: bool = True


def shared_out(steps: float, topics: int, far: bool, cycle: bool) -> tuple[WatchSettings, WatchSettings]:
    """One false alarm in ``steps`` steps, shared out among all charts: of the topics, and of how strange rows are.

    Half are for the one chart of how strange rows are, where there is one, the others for the topics: half of these for
    the chart of all together, half for a rise and a fall of each.
    """
    kinds = 2.0 * _MARGIN if far else _MARGIN
    single = 2 * kinds * steps * 2 * topics
    return WatchSettings(single, 2 * kinds * steps, cycle=cycle), WatchSettings(kinds * steps, falls=False, cycle=cycle)


def watch(reference: Sequence[StepCounts], steps: Sequence[StepCounts | None], settings: WatchSettings) -> Watched:
    """Chart ``steps`` one after the other against ``reference`` and the steps before.

    A step without rows is ``None``. One with fewer than :data:`FEWEST` rows is neither tested nor learnt from.
    """
    charts = _Charts(reference, settings)
    expected = np.full((len(steps), len(charts.up)), np.nan)
    limit = expected.copy()
    for number, step in enumerate(steps):
        if step is not None and step.rows >= FEWEST:
            expected[number], limit[number] = charts.bounds(step)
            charts.take(number, step)
    return Watched(charts.alarms(together=False), charts.alarms(together=True), expected, limit)


class _Charts:
    """The state of all charts after the steps taken so far."""

    def __init__(self, reference: Sequence[StepCounts], settings: WatchSettings) -> None:
        rows = sum(each.rows for each in reference)
        counts = np.sum([each.counts for each in reference], axis=0)
        self._cycle = WEEKDAYS if settings.cycle else 1
        self._levels = Levels((counts + 0.5) / (rows + 1), self._cycle)
        for each in reference:
            if each.rows:
                self._levels.learn(each.counts, each.rows, each.weekday if settings.cycle else None)
        charts = len(counts)
        self._settings = settings
        self._limit = limit_for(settings.single)
        self._together_limit = None if settings.together is None else limit_for(settings.together)
        self.up, self._down, self._all = np.zeros(charts), np.zeros(charts), 0.0
        self._begun = {key: np.zeros(charts, np.int64) for key in ("rise", "fall")}
        self._all_begun = 0
        self._together: list[FloatArray] = []
        self._taken: list[tuple[int, StepCounts, FloatArray]] = []
        self._hold = _HOLD_OF_DAYS if settings.cycle else _HOLD
        self._open: dict[tuple[int, Direction], ChartAlarm] = {}
        self._raised: dict[tuple[tuple[int, Direction], int], ChartAlarm] = {}

    def bounds(self, step: StepCounts) -> tuple[FloatArray, FloatArray]:
        """The share expected of a step, and the one at which an alarm would be raised."""
        mean, variance = self._levels.expected(self._weekday(step))
        needed = np.maximum(self._limit + ALLOWANCE - self.up, 0) * np.sqrt(self._levels.restlessness())
        deviation = np.sqrt(mean * (1 - mean) / step.rows + variance)
        return mean, np.minimum(mean + needed * deviation, 1.0)

    def _weekday(self, step: StepCounts) -> int:
        return (step.weekday or 0) % self._cycle

    def take(self, number: int, step: StepCounts) -> None:
        """Chart a step, note alarms, and learn from it."""
        weekday = self._weekday(step)
        mean, _ = self._levels.expected(weekday)
        scores = self._levels.score(step.counts, step.rows, weekday)
        self._taken.append((number, step, mean * step.rows))
        self.up = self._climbed(self.up, scores, number, "rise")
        self._down = self._climbed(self._down, -scores, number, "fall")
        moved = self._surprise(scores, mean)
        self._all_begun = number if self._all <= 0 else self._all_begun
        self._all = max(0.0, self._all + moved - ALLOWANCE)
        self._levels.learn(step.counts, step.rows, weekday)
        self._look(number)

    def _surprise(self, scores: FloatArray, shares: FloatArray) -> float:
        """The normal score of all charts together: by chi-squared, where each row is in one chart."""
        freedom = len(scores) - 1
        if not freedom:
            return 0.0
        found = float((scores**2 * (1 - shares)).sum())
        calm = float(calmed(self._together, 1.0))
        self._together.append(np.array(min(found / freedom, _FARTHEST_TOGETHER)))
        return float(np.clip(-ndtri(max(float(chdtrc(freedom, found / calm)), 1e-16)), -_FARTHEST, _FARTHEST))

    def _climbed(self, sums: FloatArray, scores: FloatArray, number: int, direction: str) -> FloatArray:
        self._begun[direction][sums <= 0] = number
        found: FloatArray = np.maximum(0.0, sums + scores - ALLOWANCE)
        return found

    def _look(self, number: int) -> None:
        """Note which charts are above their limit, and let these climb again from zero."""
        passed: Mapping[Direction, FloatArray] = {"rise": self.up, "fall": self._down}
        for direction, sums in passed.items():
            for chart in np.flatnonzero(sums > self._limit).tolist():
                sums[chart] = 0.0
                self._passed(chart, direction, int(self._begun[direction][chart]), number)
        if self._together_limit is not None and self._all > self._together_limit:
            self._all = 0.0
            self._passed(TOGETHER, "rise", self._all_begun, number)

    def _passed(self, chart: int, direction: Direction, since: int, number: int) -> None:
        """Raise an alarm, or go on with one; one that has lasted is the usual level from then on."""
        key = chart, direction
        before = self._open.get(key)
        if before is None or number - before.last > self._hold:
            before = ChartAlarm(chart, direction, since, number, number)
        self._open[key] = self._raised[key, before.step] = replace(before, last=number)
        if number - before.since >= self._hold:
            del self._open[key]
            self._begin_anew(np.arange(len(self.up)) if chart == TOGETHER else np.array([chart]), before.since)

    def alarms(self, together: bool) -> tuple[ChartAlarm, ...]:
        """The alarms of all charts together, or of single ones, in the order in which they were raised."""
        found = [
            each
            for each in self._raised.values()
            if (each.chart == TOGETHER) == together and (each.direction == "rise" or self._settings.falls)
        ]
        return tuple(sorted(found, key=lambda each: each.step))

    def _begin_anew(self, charts: IntArray, since: int) -> None:
        taken = [(step, expected) for number, step, expected in self._taken if number >= since]
        counts = np.sum([step.counts[charts] for step, _ in taken], axis=0)
        expected = np.sum([each[charts] for _, each in taken], axis=0)
        self._levels.begin_anew(charts, counts, sum(step.rows for step, _ in taken), expected)
        self.up[charts], self._down[charts] = 0.0, 0.0
