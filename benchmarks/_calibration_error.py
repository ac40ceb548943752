"""How far probabilities are from how often things happen, without what chance adds to a plain figure."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from topicsmith.statistics.intervals import FloatArray


@dataclass(frozen=True)
class CalibrationError:
    """The calibration error over ``n`` rows in ``bins``.

    ``debiased`` is the root of the mean squared gap between probability and share, less what chance alone adds to it (0
    where chance explains all of it); ``plain`` is the mean absolute gap, the usual figure, which is above 0 even of
    perfect probabilities.
    """

    debiased: float
    plain: float
    n: int
    bins: int


def calibration_error(probabilities: FloatArray, right: FloatArray, bins: int = 15) -> CalibrationError:
    """The error of ``probabilities`` of shape (rows,) against whether each row is ``right`` (0 or 1).

    Bins hold equally many rows; rows of one probability (to six decimals) stay in one bin. Bins of a single row say
    nothing and are left out. The squared gap of a bin is above the true one by the variance of its share, which is
    taken off.

    Source: A. Kumar, P. Liang and T. Ma 2019, "Verified uncertainty calibration", NeurIPS 32, section 4.

    >>> error = calibration_error(np.array([0.5, 0.5, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 0.0]))
    >>> error.plain, error.debiased  # (.75 - .5)^2 - .75 * .25 / 3 is 0
    (0.25, 0.0)
    """
    rounded = np.round(probabilities, 6)
    order = np.argsort(rounded, kind="stable")
    values, hits = rounded[order], right[order].astype(np.float64)
    place = (np.arange(len(values)) * bins) // max(len(values), 1)
    first = np.searchsorted(values, values, side="left")
    _, code = np.unique(place[first], return_inverse=True) if len(values) else (None, np.zeros(0, dtype=np.int64))
    sizes = np.bincount(code).astype(np.float64)
    kept = sizes > 1
    if not kept.any():
        return CalibrationError(float("nan"), float("nan"), len(values), 0)
    share = np.bincount(code, weights=hits)[kept] / sizes[kept]
    gap = np.bincount(code, weights=values)[kept] / sizes[kept] - share
    weight = sizes[kept] / sizes[kept].sum()
    squared = float((weight * (gap**2 - share * (1 - share) / (sizes[kept] - 1))).sum())
    return CalibrationError(sqrt(max(squared, 0.0)), float((weight * np.abs(gap)).sum()), len(values), int(kept.sum()))
