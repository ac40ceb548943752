"""Estimates with their uncertainty: Wilson's interval for shares, the jackknife for anything made of sums over rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_Z = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Estimate:
    """A figure over ``n`` rows, and the bounds within which it lies at ``level``."""

    value: float
    low: float
    high: float
    n: int
    level: float = 0.95
    method: str = ""


def wilson(successes: int, n: int) -> Estimate | None:
    """A share with Wilson's score interval; ``None`` of no rows.

    Source: E. B. Wilson 1927, JASA 22, 209-212.

    >>> share = wilson(8, 10)
    >>> round(share.value, 3), round(share.low, 3), round(share.high, 3)
    (0.8, 0.49, 0.943)
    """
    if n == 0:
        return None
    share = successes / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * float(np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), n, method="Wilson")


def jackknife(
    features: FloatArray, weights: FloatArray, statistic: Callable[[FloatArray], FloatArray]
) -> Estimate | None:
    """A statistic of sums over rows, with a normal interval from leaving each row out in turn.

    Args:
        features: What each distinct row adds to the sums, of shape (distinct rows, sums).
        weights: How often each distinct row occurs.
        statistic: From sums of shape (any, sums) to values of shape (any,); not a number where it is undefined.

    Returns:
        ``None`` where the statistic is undefined.

    Source: B. Efron and C. Stein 1981, Annals of Statistics 9, 586-596.
    """
    n = int(weights.sum())
    if n == 0:
        return None
    total = weights @ features
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(total[None])[0])
        without = statistic(total[None] - features)
    if not np.isfinite(value):
        return None
    known = np.isfinite(without)
    mean = np.average(without[known], weights=weights[known]) if known.any() else value
    spread = float(weights[known] @ (without[known] - mean) ** 2)
    half = _Z * float(np.sqrt(spread * (n - 1) / n))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n, method="jackknife")
