"""CUSUM charts of normal scores: how high the sum of surprises may go, for a false alarm once in so many steps."""

from functools import cache

import numpy as np
from scipy.special import ndtr

ALLOWANCE = 0.75
"""What is taken off every score before it is summed: half of the rise, in standard deviations, that is looked for."""

_STATES = 120
_HIGHEST = 30.0


def run_length(limit: float, allowance: float = ALLOWANCE) -> float:
    """The mean number of steps until a chart of independent standard normal scores passes ``limit`` by chance.

    Source: D. Brook, D. A. Evans 1972, "An approach to the probability distribution of cusum run length",
    Biometrika 59.

    >>> round(run_length(4.0, 0.5))
    335
    """
    width = 2 * limit / (2 * _STATES - 1)
    states = np.arange(_STATES) * width
    upper = states[None] + width / 2 - states[:, None] + allowance
    move = np.diff(ndtr(upper), axis=1, prepend=0.0)  # the first state takes everything below it
    return float(np.linalg.solve(np.eye(_STATES) - move, np.ones(_STATES))[0])


@cache
def limit_for(steps: float, allowance: float = ALLOWANCE) -> float:
    """The limit at which false alarms come once in ``steps`` steps on average.

    >>> round(limit_for(335.3, 0.5), 2)
    4.0
    """
    low, high = 0.05, _HIGHEST
    for _ in range(40):
        middle = (low + high) / 2
        if run_length(middle, allowance) < steps:
            low = middle
        else:
            high = middle
    return high
