"""Tests for two classifiers that answered the same rows, and the correction for asking many times."""

from collections.abc import Sequence
from math import ceil, comb, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray

LEVEL = 0.05
POWER = 0.8
_HALVINGS = 50


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """The two-sided exact p-value of McNemar's test, from the rows only one of two classifiers had right.

    Source: McNemar 1947, Psychometrika 12; the exact form is a sign test on the discordant rows.

    >>> mcnemar_exact(0, 5)
    0.0625
    """
    n = only_first + only_second
    tail = sum(comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n) if n < 1000 else _mcnemar_large(only_first, only_second)


def _mcnemar_large(only_first: int, only_second: int) -> float:
    """The same figure where the whole numbers would grow too long."""
    from scipy.stats import binom

    return min(1.0, 2 * float(binom.cdf(min(only_first, only_second), only_first + only_second, 0.5)))


def discordant(
    first: NDArray[np.bool_], second: NDArray[np.bool_], groups: Sequence[str] | IntArray | None = None
) -> tuple[int, int]:
    """How many rows only the first, and only the second, had right.

    With ``groups``, a group of near-copies counts once: for the one with more of its rows right, for neither when
    equal.
    """
    net = first.astype(np.int64) - second.astype(np.int64)
    if groups is not None:
        _, code = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
        net = np.bincount(code, weights=net).astype(np.int64) if len(net) else net
    return int((net > 0).sum()), int((net < 0).sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number by Holm's step-down method (1979, Scandinavian Journal of Statistics 6).

    >>> [round(p, 2) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def paired_score(only_first: FloatArray, only_second: FloatArray) -> FloatArray:
    """McNemar's statistic with its sign, elementwise: positive where the first had more rows right; 0 without rows."""
    apart = only_first + only_second
    return np.where(apart > 0, (only_first - only_second) / np.sqrt(np.where(apart > 0, apart, 1.0)), 0.0)


def paired_bounds(
    only_first: FloatArray, only_second: FloatArray, n: FloatArray, critical: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """The interval of the difference of two shares on the same rows, first minus second, elementwise.

    It holds the differences whose score lies within ``critical``, and reaches beyond 0 also where the two never
    differed: few rows are then no proof that they are equal.

    Args:
        only_first: rows that only the first had right; not necessarily whole when ``n`` is an effective number.
        only_second: rows that only the second had right.
        n: rows in all.
        critical: how many standard errors the interval reaches to either side, 1.96 for 95 %.

    Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17, 891-908.
    """
    first, second, rows, point = (
        np.asarray(x, dtype=float) for x in np.broadcast_arrays(only_first, only_second, n, critical)
    )
    return -_tango_upper(second, first, rows, point), _tango_upper(first, second, rows, point)


def _tango_upper(b: FloatArray, c: FloatArray, n: FloatArray, critical: FloatArray) -> FloatArray:
    """The largest difference that is not too large for what was seen, by halving the range it must lie in."""
    low, high = (b - c) / n, np.ones_like(b)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = -_tango_score(b, c, n, middle) <= critical
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def _tango_score(b: FloatArray, c: FloatArray, n: FloatArray, difference: FloatArray) -> FloatArray:
    """The score at a supposed ``difference``; the share that only the second has right is then its likeliest."""
    linear = difference * (2 * n - b + c) - (b + c)
    constant = -c * difference * (1 - difference)
    share = (np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = np.maximum(n * (2 * share + difference - difference**2), 1e-300)
    return np.asarray((b - c - n * difference) / np.sqrt(variance))


def rows_needed(only_first: int, only_second: int, n: int, level: float = LEVEL, power: float = POWER) -> int | None:
    """How many rows in all McNemar's test needs to tell two classifiers apart that differ as they do in ``n`` rows.

    ``None`` when they do not differ at all. Source: R. J. Connor 1987, "Sample size for testing differences in
    proportions for the paired-sample design", Biometrics 43, 207-211.

    >>> rows_needed(15, 5, 100)
    155
    """
    if only_first == only_second:
        return None
    apart = (only_first + only_second) / n
    difference = abs(only_first - only_second) / n
    alpha, beta = NormalDist().inv_cdf(1 - level / 2), NormalDist().inv_cdf(power)
    spread = max(apart - difference**2, 0.0)
    return ceil((alpha * sqrt(apart) + beta * sqrt(spread)) ** 2 / difference**2)
