"""Percentiles of a load test, and their intervals by order statistics at an effective number of answers.

Of ``n`` unrelated answers, as many lie below the true percentile as a binomial says, so two of the sorted times bound
it, whatever the times' distribution. Answers of one moment are related: a queue makes slow ones come together. So
``n`` is divided by how much more the share of answers above the percentile varies from one stretch of the run to the
next than among unrelated answers; where chance may have made it vary so, all count.

Where few effective answers lie above a percentile, or one stretch still tells of the next, no interval is given: how
often slow moments come is then not known from this run. ``benchmarks/load_intervals.py`` simulates the coverage.

Sources: order statistics, David and Nagaraja 2003, "Order statistics", 3rd edition, section 7.1; the variance of
quantiles of related values by that of indicators, Heidelberger and Lewis 1984, Operations Research 32, 185-209; a test
of related stretches, Law 2015, "Simulation modeling and analysis", 5th edition, section 9.5.3.
"""

from collections.abc import Sequence
from math import ceil, isinf, sqrt

import numpy as np

from topicsmith.loadtest.batch_means import Range
from topicsmith.statistics.intervals import FloatArray

STRETCHES = 20
STUDENT_SQUARED = (2.093024 / 1.959964) ** 2
"""How much wider Student's t with 19 degrees of freedom makes a variance than the normal distribution."""

FEWEST = 200
"""With fewer answers than this a stretch holds too few to show what one tells of the next."""

FEWEST_EFFECTIVE, FEWEST_ABOVE = 60, 20
"""Effective answers that an interval needs, in all and above the percentile."""

RELATED = 1.281552 / sqrt(STRETCHES) - 1 / STRETCHES
"""The correlation of neighbouring stretches that unrelated ones exceed in one case of ten."""

BY_CHANCE = 1.586502
"""What the variance of 20 stretches of unrelated answers exceeds in one case of twenty, as a multiple of its mean."""

_WATCHED = (50.0, 75.0, 90.0)
"""Percentiles below the one asked for that show more plainly how long a slow moment lasts."""


def percentile_ms(seconds: Sequence[float], percent: float) -> float | None:
    """The time within which ``percent`` of texts were answered (nearest rank); ``None`` when fewer ever were.

    >>> percentile_ms([0.001, 0.002, 0.003, float("inf")], 50), percentile_ms([0.001, float("inf")], 95)
    (2.0, None)
    """
    if not len(seconds):
        return None
    place = _place(len(seconds), percent)
    value = float(np.partition(np.asarray(seconds, dtype=float), place)[place])
    return None if isinf(value) else 1000 * value


def percentile_range(times: Sequence[float], moments: Sequence[float], percent: float) -> Range:
    """A percentile of ``times`` over all of them; without an interval where too little is known.

    Args:
        times: seconds each text took, infinite without an answer.
        moments: when each was done with, in seconds from the start.
        percent: which percentile, by nearest rank.
    """
    value = percentile_ms(times, percent)
    n = len(times)
    if value is None or n < FEWEST:
        return Range(value)
    in_order = np.asarray(times, dtype=float)[np.argsort(moments, kind="stable")]
    ranked = np.sort(in_order)
    effective = effective_answers(in_order, ranked, percent)
    if effective is None:
        return Range(value)
    below, above = _ranks(effective, percent / 100)
    low, high = ranked[max(0, int(below * n) - 1)], ranked[min(n, ceil(above * n)) - 1]
    return Range(value) if isinf(high) else Range(value, 1000 * float(low), 1000 * float(high))


def effective_answers(in_order: FloatArray, ranked: FloatArray, percent: float) -> float | None:
    """How many unrelated answers would tell as much of a percentile; ``None`` where that is too few or not known.

    Args:
        in_order: the times of answers in the order in which they came, shape (n,).
        ranked: the same, sorted.
        percent: which percentile.
    """
    n, factor = len(in_order), 1.0
    fewest = max(FEWEST_EFFECTIVE, FEWEST_ABOVE / (1 - percent / 100))
    for watched in (*(each for each in _WATCHED if each < percent), percent):
        stretches = _stretches(in_order, float(ranked[_place(n, watched)]))
        factor = float((stretches**2).sum()) / (STRETCHES - 1)
        if round(n / max(1.0, factor), 6) < round(fewest, 6) or _neighbours(stretches) > RELATED:
            return None
    return n / (1.0 if factor <= BY_CHANCE else factor * STUDENT_SQUARED)


def _stretches(in_order: FloatArray, limit: float) -> FloatArray:
    """How far each stretch's share of slower answers lies from the whole run's, in deviations of unrelated answers."""
    slower = (in_order > limit).astype(float)
    mean = float(slower.mean())
    if mean in {0.0, 1.0}:
        return np.zeros(STRETCHES)
    stretch = np.arange(len(slower)) * STRETCHES // len(slower)
    sums = np.bincount(stretch, weights=slower - mean, minlength=STRETCHES)
    found: FloatArray = sums / np.sqrt(np.bincount(stretch, minlength=STRETCHES) * mean * (1 - mean))
    return found


def _neighbours(stretches: FloatArray) -> float:
    """The correlation of each stretch with the next; stretches more alike than chance makes them show none."""
    spread = max(float((stretches**2).sum()), STRETCHES - 1.0)
    return float((stretches[1:] * stretches[:-1]).sum()) / spread


def _ranks(effective: float, share: float) -> tuple[float, float]:
    """The shares of sorted answers between which the percentile lies in 95 of 100 cases."""
    from scipy.stats import binom

    whole = int(effective)
    low, high = binom.ppf([0.025, 0.975], whole, share)
    return float(low) / whole, float(high + 1) / whole


def _place(n: int, percent: float) -> int:
    return ceil(round(percent / 100 * n, 9)) - 1
