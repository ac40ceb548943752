"""A figure with its interval: Wilson's for proportions, a bootstrap clustered by near-copy group."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from statistics import NormalDist
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, WithJsonSchema

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Figure = Annotated[
    float,
    BeforeValidator(lambda value: nan if value is None else value),
    WithJsonSchema({"type": ["number", "null"]}),
]
"""A number that is NaN where there is nothing to measure."""


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty: ``low`` and ``high`` bound it at ``level``, over ``n`` rows.

    Where rows come in ``groups`` of near-copies, ``effective_n`` is how many unrelated rows would tell as much;
    ``None`` where no row has a near-copy.
    """

    value: Figure
    low: Figure
    high: Figure
    n: int
    level: float = 0.95
    method: str = ""
    groups: int | None = None
    effective_n: float | None = None


DRAWS = 2000
BY_GROUP = "bootstrap by group"
Z_95 = 1.959963984540054
"""The normal distribution's 97.5 % point: half of a 95 % interval, in standard errors."""
_CELLS = 4_000_000  # weights held at once, so that memory stays bounded whatever the number of rows


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion.

    Args:
        successes: how many rows were right; not necessarily whole when ``n`` is an effective sample size.
        n: how many rows there were.
        level: the share of intervals that hold the true proportion.

    Source: E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.

    >>> interval = wilson(8, 10)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.4902, 0.9433)
    """
    if n == 0:
        return Interval(nan, 0.0, 1.0, 0, level, "Wilson")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)  # exactly, whatever the last digit of the root
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(p, low, high, round(n), level, "Wilson")


def proportion(successes: int, n: int) -> Interval | None:
    """:func:`wilson` for records in which a share of no rows is absent: ``None`` when ``n`` is 0."""
    return wilson(successes, n) if n else None


@dataclass(frozen=True)
class Resamples:
    """Bootstrap samples that take whole groups of near-copies, with replacement.

    The same ``groups``, ``draws`` and ``seed`` give the same samples, so figures of two candidates can be paired.
    """

    groups: Sequence[str]
    draws: int = DRAWS
    seed: int = 13

    def totals(self, columns: FloatArray | IntArray) -> FloatArray:
        """Column sums in every sample: ``columns`` has shape (rows, k), the result (draws, k)."""
        from scipy.sparse import csr_matrix

        if not len(self.groups):
            return np.zeros((0, columns.shape[1]))
        names, code = np.unique(np.asarray(self.groups, dtype=str), return_inverse=True)
        rows = np.arange(len(code))
        grouping = csr_matrix((np.ones(len(code)), (code, rows)), shape=(len(names), len(code)))
        per_group = grouping @ csr_matrix(columns.astype(float))
        return np.concatenate([(per_group.T @ weights.T).T for weights in self._weights(len(names))])

    def _weights(self, groups: int) -> Iterator[FloatArray]:
        """How often each group is drawn, in blocks of shape (some draws, groups)."""
        rng = np.random.default_rng(self.seed)
        step = max(1, _CELLS // groups)
        for start in range(0, self.draws, step):
            size = min(step, self.draws - start)
            picks = rng.integers(0, groups, size=(size, groups)) + np.arange(size)[:, None] * groups
            yield np.bincount(picks.ravel(), minlength=size * groups).reshape(size, groups).astype(float)


def bootstrap(
    columns: FloatArray | IntArray,
    figure: Callable[[FloatArray], FloatArray],
    resamples: Resamples,
    level: float = 0.95,
) -> Interval:
    """The percentile bootstrap interval of a figure that is a function of column sums.

    Args:
        columns: shape (rows, k), what each row adds to the sums.
        figure: from sums of shape (m, k) to m figures.
        resamples: which samples to draw.
        level: the share of intervals that hold the true figure.

    Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13; whole clusters are resampled as
    in Davison and Hinkley 1997, "Bootstrap methods and their application", section 3.8.
    """
    if not len(columns):
        return Interval(nan, nan, nan, 0, level, BY_GROUP)
    return from_totals(columns, figure, resamples.totals(columns), level)


def from_totals(
    columns: FloatArray | IntArray,
    figure: Callable[[FloatArray], FloatArray],
    totals: FloatArray,
    level: float = 0.95,
) -> Interval:
    """As :func:`bootstrap`, from totals that were drawn already: several figures then need one drawing."""
    if not len(columns):
        return Interval(nan, nan, nan, 0, level, BY_GROUP)
    value = float(figure(columns.sum(axis=0, dtype=float)[None, :])[0])
    return percentile_interval(value, figure(totals), len(columns), level, BY_GROUP)


def percentile_interval(value: float, drawn: FloatArray, n: int, level: float, method: str) -> Interval:
    """An interval from the middle ``level`` of ``drawn``; draws that are not a number are left out."""
    usable = drawn[~np.isnan(drawn)]
    if not len(usable):
        return Interval(value, nan, nan, n, level, method)
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), n, level, method)
