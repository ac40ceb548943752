"""How much more often one of two answers to the same rows is right, where rows stand for unequally many others."""

from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray, Interval

METHOD = "paired, by group"


def weighted_difference(
    first: NDArray[np.bool_], second: NDArray[np.bool_], weights: FloatArray, groups: IntArray, level: float = 0.95
) -> Interval:
    """The share of rows that ``first`` has right less the share that ``second`` has right.

    Rows of a group of near-copies count as one draw. Half a row for either and one for neither are added, without which
    the interval would be too narrow where the two seldom differ. Strata are not used, which makes it a little too wide.

    Args:
        first: shape (rows,).
        second: shape (rows,).
        weights: how many rows each stands for, of shape (rows,).
        groups: the group of each row, of shape (rows,).
        level: the share of intervals that hold the true difference.

    Sources: linearised variance of a ratio, Cochran 1977, "Sampling techniques", section 6.4; the added rows are
    those of A. Agresti and Y. Min 2005, Statistics in Medicine 24, 729-740.
    """
    n = len(first)
    if n < 2:
        return Interval(nan, -1.0, 1.0, n, level, METHOD)
    from scipy.stats import t

    differ = first.astype(np.float64) - second.astype(np.float64)
    share = weights / weights.sum()
    value = float(share @ differ)
    typical = float(weights.mean())
    padded = np.concatenate([weights, np.array([0.5, 0.5, 1.0]) * typical])
    values = np.concatenate([differ, [1.0, -1.0, 0.0]])
    centre = float(padded @ values / padded.sum())
    code = np.concatenate([groups, groups.max() + np.array([1, 2, 3])])
    off = padded * (values - centre) / padded.sum()
    # An added half row counts for half a row's spread, and not as the square of a half.
    spread = float((np.bincount(code, weights=off)[: int(groups.max()) + 1] ** 2).sum())
    spread += float((np.array([0.5, 0.5, 1.0]) * (values[n:] - centre) ** 2).sum()) * (typical / padded.sum()) ** 2
    clusters = len(np.unique(groups))
    half = float(t.ppf(0.5 + level / 2, max(clusters - 1, 1))) * sqrt(spread * clusters / max(clusters - 1, 1))
    return Interval(value, max(-1.0, centre - half), min(1.0, centre + half), n, level, METHOD, groups=clusters)
