"""Shares and means with intervals where rows come in groups of near-copies, answered more alike than strangers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

METHOD = "Wilson by group"
_ROUNDS = 30
_FEWEST_DF = 12.0  # below it, the widening costs more in width than it mends in coverage


def group_codes(names: Sequence[str]) -> IntArray:
    """Each row's group as a number from 0 on, of shape (rows,)."""
    if not len(names):
        return np.zeros(0, dtype=np.int64)
    _, code = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    return code.astype(np.int64)


def group_name(query_id: str, group: str | None) -> str:
    """What the rows of a group are counted under: its near-copies' name, or the row's own where it has none."""
    return f"group {group}" if group is not None else f"row {query_id}"


def near_copies(ids: Iterable[str], groups: Mapping[str, str]) -> IntArray:
    """The group of each of ``ids`` as a number, out of the names in ``groups``; what is not in it stands alone.

    >>> near_copies(["a", "b", "c"], {"a": "x", "c": "x"}).tolist()
    [0, 1, 0]
    """
    return group_codes([group_name(each, groups.get(each)) for each in ids])


def clustered_share(right: NDArray[np.bool_], groups: IntArray, level: float = 0.95) -> Interval:
    """The share of rows that is right: :func:`clustered_mean` of yes and no.

    Args:
        right: shape (rows,).
        groups: the group of each row, as :func:`group_codes` gives them.
        level: the share of intervals that hold the true share.
    """
    return clustered_mean(right.astype(float), groups, level)


def share(right: NDArray[np.bool_], groups: IntArray) -> Interval | None:
    """:func:`clustered_share` for records in which a share of no rows is absent: ``None`` without rows."""
    return clustered_share(right, groups) if len(right) else None


def weighted_share(right: NDArray[np.bool_], weights: FloatArray, level: float = 0.95) -> Interval:
    """The share that is right among all the rows that audited ones stand for.

    Args:
        right: of the audited rows, shape (rows,).
        weights: how many rows each of them stands for.
        level: the share of intervals that hold the true share.

    Source: the estimate is Hájek's; the interval is Wilson's at Kish's effective number of rows, sum(w)^2 / sum(w^2).
    """
    if not len(right):
        return wilson(0, 0, level)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    share = float(weights[right].sum() / weights.sum())
    found = wilson(share * effective, effective, level)
    return replace(found, n=len(right), method="Wilson, weighted", effective_n=effective)


def clustered_mean(values: FloatArray, groups: IntArray, level: float = 0.95) -> Interval:
    """The mean of values from 0 to 1, with an interval that knows which rows are near-copies of each other.

    Rows of one group count for less than as many strangers, by the design effect ``1 + alikeness * (sum of squared
    group sizes / rows - 1)``. How alike rows of a group are is estimated from how much two of them differ. The interval
    is Wilson's at the effective number of rows, wider where the alikeness itself rests on few groups, and corrected for
    the skewness that large groups bring. For yes and no without groups of several rows it is :func:`wilson`.

    Args:
        values: shape (rows,), from 0 to 1.
        groups: the group of each row, as :func:`group_codes` gives them.
        level: the share of intervals that hold the true mean.

    Sources: the design effect is Kish 1965, "Survey sampling", section 5.4; Wilson's interval at an effective size is
    Korn and Graubard 1998, Survey Methodology 24; alikeness by differing pairs is as in Fleiss and Cuzick 1979,
    Applied Psychological Measurement 3; the correction for skewness is Cornish and Fisher's first term. Its
    coverage is simulated in ``benchmarks/coverage.py``.
    """
    n = len(values)
    total = float(values.sum())
    sizes = np.bincount(groups).astype(float) if n else np.zeros(0)
    sizes = sizes[sizes > 0]
    mean = total / n if n else 0.0
    spread = mean * (1 - mean)
    between = bool(((values > 0) & (values < 1)).any())  # yes and no vary the most
    narrower = max(float(values.var()) / spread, 1 / n) if between else 1.0
    if not (sizes > 1).any():
        return replace(wilson(total / narrower, n / narrower, level), n=n)
    alike = _alikeness(values, groups)
    squares = float((sizes**2).sum())
    effective = n / (1 + alike.value * (squares / n - 1))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    if np.isfinite(alike.df):
        from scipy.stats import t

        z = float(t.ppf(0.5 + level / 2, max(alike.df, _FEWEST_DF)))
    lump = 1 + alike.value * (sizes - 1)
    skewness = float((sizes * lump**2).sum() / (sizes * lump).sum() ** 1.5)
    extra = max(0.0, skewness - 1 / sqrt(effective))
    shift = extra * (z * z - 1) / (6 * sqrt(effective))
    low, high = _bounds(mean, effective / narrower, z, shift * narrower)
    return Interval(mean, low, high, n, level, METHOD, groups=len(sizes), effective_n=effective)


def _bounds(value: float, effective: float, z: float, shift: float) -> tuple[float, float]:
    """Wilson's two ends where the estimate's skewness moves it by ``shift * (1 - 2 p)``.

    They solve (slope * p - start)^2 = z^2 p (1 - p) / n for p; without a shift, slope is 1 and start the estimate.
    """
    slope, start, k = 1 - 2 * shift, value - shift, z * z / effective
    a, b, c = slope * slope + k, 2 * slope * start + k, start * start
    root = sqrt(max(0.0, b * b - 4 * a * c))
    low = 0.0 if value == 0 or start <= 0 else max(0.0, min(value, (b - root) / (2 * a)))
    high = 1.0 if value == 1 or start >= slope else min(1.0, max(value, (b + root) / (2 * a)))
    return low, high


@dataclass(frozen=True)
class _Alikeness:
    """The correlation within groups, from 0 to 1, and the degrees of freedom of the design effect made from it."""

    value: float
    df: float


def _alikeness(values: FloatArray, groups: IntArray) -> _Alikeness:
    sizes = np.bincount(groups).astype(float)
    sums, of_squares = np.bincount(groups, weights=values), np.bincount(groups, weights=values**2)
    sizes, sums, of_squares = sizes[sizes > 0], sums[sizes > 0], of_squares[sizes > 0]
    n, squares = sizes.sum(), (sizes**2).sum()
    pairs = sizes * (sizes - 1)
    differing = 2 * (sizes * of_squares - sums**2)  # squared differences over ordered pairs
    variance = float(values.var())
    alike, spread = 1.0, 0.0
    for _ in range(_ROUNDS):  # the variance of a row is larger than that of the sample, by what groups share
        effect = 1 + alike * (squares / n - 1)
        spread = variance / max(1 - effect / n, 0.2)
        alike = min(1.0, max(0.0, 1 - float(differing.sum() / pairs.sum()) / (2 * spread))) if spread else 1.0
    if not spread:
        return _Alikeness(1.0, np.inf)
    effect = 1 + alike * (squares / n - 1)
    several = sizes > 1
    count = int(several.sum())
    off = differing[several] - differing.sum() / pairs.sum() * pairs[several]
    of_share = float((off**2).sum()) * count / max(count - 1, 1) / pairs.sum() ** 2
    of_effect: float = of_share / (2 * spread) ** 2 * (squares / n - 1) ** 2
    return _Alikeness(alike, 2 * effect**2 / of_effect if of_effect > 0 else np.inf)


def effective_rows(sizes: FloatArray | IntArray, alikeness: float = 1.0) -> float:
    """How many strangers would tell as much as rows in groups of ``sizes`` whose rows are so alike (Kish 1965).

    >>> effective_rows(np.array([5] * 10 + [1] * 50))
    33.333333333333336
    """
    n = float(np.sum(sizes))
    return n / (1 + alikeness * (float((np.asarray(sizes, dtype=float) ** 2).sum()) / n - 1)) if n else 0.0
