"""How good the best of many really is: it was chosen on the rows it is judged on, which flatters it.

Source: Andrews, Kitagawa and McCloskey 2024, "Inference on winners", Quarterly Journal of Economics 139: the estimate
and the interval that are right given which candidate won and by how much (a normal distribution cut off where another
would have won), kept within what holds for every candidate at once (their hybrid). Shares are taken on the scale on
which their error does not depend on them (the arcsine of the root; Anscombe 1948, Biometrika 35).
"""

from math import asin, inf, sin, sqrt
from statistics import NormalDist

import numpy as np

from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval
from topicsmith.statistics.simultaneous import BoolArray, clustered_covariance, normal_draws

METHOD = "corrected for having been chosen"
_OUTER = 0.1
"""The part of the risk that goes to the bound for all candidates at once, as its authors propose."""
_HALVINGS = 50
_NORMAL = NormalDist()


def winner_share(right: BoolArray, groups: IntArray, winner: int, level: float = 0.95) -> Interval:
    """The true share of right rows of the candidate that had the most, knowing that it was picked for that.

    ``value`` is as often too high as too low; with a clear winner it is close to the share that was seen, in a close
    race it lies below.

    Args:
        right: which rows each candidate had right, of shape (K, rows).
        groups: the group of each row, a number from 0 on, of shape (rows,).
        winner: the place of the candidate that was chosen for having the most right rows.
        level: the share of intervals that hold the true share.
    """
    shares = [clustered_share(row, groups) for row in right]
    effective = np.array([share.effective_n or share.n for share in shares], dtype=float)
    covariance = clustered_covariance(right.astype(float), groups)
    spread = np.sqrt(np.where(np.diag(covariance) > 0, np.diag(covariance), 1.0))
    error = 0.5 / np.sqrt(effective + 0.5)
    on_scale = covariance / np.outer(spread, spread) * np.outer(error, error)
    np.fill_diagonal(on_scale, error**2)
    scale = [asin(sqrt((s.value * n + 0.375) / (n + 0.75))) for s, n in zip(shares, effective, strict=True)]
    low_cut, high_cut = _cuts(np.array(scale), on_scale, winner, right.shape[1], shares[winner].value)
    seen, sigma = scale[winner], float(error[winner])
    outer = _OUTER * (1 - level)
    reach = sigma * float(np.quantile(np.abs(normal_draws(on_scale) / error[:, None]).max(axis=0), 1 - outer))
    tail = (1 - level - outer) / (1 - outer) / 2
    cut = (low_cut, high_cut)
    middle, low, high = (_solve(seen, sigma, cut, reach, share) for share in (0.5, 1 - tail, tail))
    value, low, high = (_share_of(x, effective[winner]) for x in (middle, low, high))
    found = shares[winner]
    low = min(low, value, found.low)  # to have been chosen makes nothing surer
    return Interval(value, low, max(high, value), found.n, level, METHOD, found.groups, found.effective_n)


def _cuts(scale: FloatArray, covariance: FloatArray, winner: int, rows: int, share: float) -> tuple[float, float]:
    """Between which values the winner's figure had to lie to win, given what the others show apart from it."""
    own = covariance[winner, winner]
    step = 0.25 / rows / (2 * sqrt(max(share * (1 - share), 0.25 / rows)))  # a tie is decided by less than a row
    low, high = -inf, inf
    for other in range(len(scale)):
        free = own - covariance[winner, other]
        if other == winner or abs(free) < 1e-9 * own:
            continue
        cut = scale[winner] - max(scale[winner] - scale[other], step) * own / free
        low, high = (max(low, cut), high) if free > 0 else (low, min(high, cut))
    return low, high


def _solve(seen: float, sigma: float, cut: tuple[float, float], reach: float, share: float) -> float:
    """The mean under which a cut-off normal figure lies below ``seen`` in ``share`` of cases."""
    low, high = seen - reach, seen + reach
    for _ in range(_HALVINGS):
        mean = (low + high) / 2
        bottom, top = (_NORMAL.cdf(max(-reach, min(reach, x - mean)) / sigma) for x in cut)
        below = (_NORMAL.cdf((seen - mean) / sigma) - bottom) / (top - bottom) if top > bottom else 0.0
        low, high = (mean, high) if below > share else (low, mean)
    return (low + high) / 2


def _share_of(scale: float, n: float) -> float:
    """The share behind a figure on the arcsine scale."""
    inside = max(0.0, min(asin(1.0), scale))
    return float(min(1.0, max(0.0, ((n + 0.75) * sin(inside) ** 2 - 0.375) / n)))
