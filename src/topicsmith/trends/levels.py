"""The shares expected of the next day: learnt from a reference and from every day before, weekday by weekday."""

from collections.abc import Sequence

import numpy as np

from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.trends.scores import normal_scores

WEEKDAYS = 7

CYCLE = 0.25
"""How far weekdays are thought to differ before anything is known of them: the standard deviation of log-odds."""

_LAG = 7
"""Steps that must have passed before one counts for how restless days are: a change must not excuse itself."""

_CALM = 7
"""Steps without any restlessness that are taken to have been seen before the first."""

_CUT = 6.0
_CUT_MEAN = 0.9742
"""The mean of a squared normal score that is cut at :data:`_CUT`."""


def calmed(seen: Sequence[FloatArray], usual: float) -> FloatArray | float:
    """How many times as much days vary as chance lets them, at least 1, from what was ``seen`` of their variance.

    Of days without restlessness ``usual`` is the mean. The last days do not count yet.
    """
    counted = seen[: max(len(seen) - _LAG + 1, 0)]
    total = np.sum(counted, axis=0) / usual if counted else 0.0
    found: FloatArray | float = np.maximum(1.0, (_CALM + total) / (_CALM + len(counted)))
    return found


class Levels:
    """The expected share of several charts on each weekday, with its uncertainty: a Kalman filter.

    The state of a chart is its share on each of ``cycle`` weekdays (1: no weekdays). Their differences are thought to
    be small (:data:`CYCLE`) until days show them, so that a weekly cycle is learnt and not taken for a change.
    """

    def __init__(self, shares: FloatArray, cycle: int) -> None:
        """Start from shares, shape (charts,), that are a guess and nothing more."""
        charts = len(shares)
        spread = shares * (1 - shares)
        self._cycle = cycle
        self._floor = np.minimum(shares / 4, 1e-3)
        self.mean = np.repeat(shares[:, None], cycle, axis=1)
        common = spread[:, None, None] * np.ones((charts, cycle, cycle))
        apart = (CYCLE * spread)[:, None, None] ** 2 * np.eye(cycle)[None] if cycle > 1 else 0.0
        self._variance = common + apart
        self._squares: list[FloatArray] = []

    def expected(self, weekday: int) -> tuple[FloatArray, FloatArray]:
        """The share expected on ``weekday`` and the variance of not knowing it, each of shape (charts,)."""
        mean = np.clip(self.mean[:, weekday], self._floor, 1 - self._floor)
        return mean, self._variance[:, weekday, weekday]

    def restlessness(self) -> FloatArray:
        """How many times its binomial variance days vary by, of shape (charts,); at least 1."""
        return np.ones(len(self.mean)) * calmed(self._squares, _CUT_MEAN)

    def score(self, counts: IntArray, rows: int, weekday: int) -> FloatArray:
        """How surprising a day is, as normal scores of shape (charts,)."""
        restless = np.sqrt(self.restlessness())
        plain = normal_scores(counts, rows, *self.expected(weekday))
        self._squares.append(np.minimum(plain**2, _CUT))
        found: FloatArray = plain / restless
        return found

    def learn(self, counts: IntArray, rows: int, weekday: int | None) -> None:
        """Take in a day's rows; without a weekday, rows of a whole week."""
        looks = np.full(self._cycle, 1 / self._cycle)
        if weekday is not None:
            looks = np.eye(self._cycle)[weekday]
        mean = np.clip(self.mean @ looks, self._floor, 1 - self._floor)
        towards = self._variance @ looks
        noise = mean * (1 - mean) / rows
        gain = towards / (towards @ looks + noise)[:, None]
        self.mean += gain * (counts / rows - self.mean @ looks)[:, None]
        self._variance -= gain[:, :, None] * towards[:, None, :]

    def begin_anew(self, charts: IntArray, counts: IntArray, rows: int, expected: FloatArray) -> None:
        """Take the level since a change for the usual one.

        Args:
            charts: which charts, shape (some,).
            counts: of each of these since the change, shape (some,).
            rows: since the change.
            expected: how many of them had been expected, shape (some,).
        """
        moved = (counts - expected) / rows
        self.mean[charts] += moved[:, None]
        level = np.clip((counts + 0.5) / (rows + 1), self._floor[charts], 1 - self._floor[charts])
        self._variance[charts] += (level * (1 - level) / rows)[:, None, None]
