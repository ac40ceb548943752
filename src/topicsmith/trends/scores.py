"""How surprising a count is, as a normal score, where the share that is expected is itself known only so well."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp, ndtri

from topicsmith.statistics.intervals import FloatArray, IntArray

_EXACT = 400
"""StepCounts expected above this are scored by the normal distribution, which is right to the digit there."""

_FARTHEST = 8.0
"""Scores are cut here: what is beyond is an alarm in any case."""


def normal_scores(counts: IntArray, rows: int, expected: FloatArray, variance: FloatArray) -> FloatArray:
    """Normal scores of ``counts`` among ``rows``, positive where there are more than expected.

    The share of each is taken to be drawn from a beta distribution with the mean ``expected`` and ``variance``, so that
    its count is beta-binomial; the score is the normal quantile of the mid-p value, ``P(X < x) + P(X = x) / 2``. All
    arrays have the shape (charts,).

    >>> normal_scores(np.array([5, 10]), 100, np.array([0.05, 0.05]), np.array([0.0, 0.0])).round(2).tolist()
    [0.09, 2.09]
    """
    mean = np.clip(expected, 1e-9, 1 - 1e-9)
    spread = mean * (1 - mean)
    between = np.clip(variance, spread * 1e-9, spread * 0.5)
    found = (counts - rows * mean) / np.sqrt(rows * spread + rows * (rows - 1) * between)
    few = np.minimum(np.maximum(counts, rows * mean), rows - np.minimum(counts, rows * mean)) <= _EXACT
    if few.any():
        concentration = spread[few] / between[few] - 1
        found[few] = _exact(counts[few], rows, mean[few] * concentration, (1 - mean[few]) * concentration)
    scored: FloatArray = np.clip(found, -_FARTHEST, _FARTHEST)
    return scored


def _exact(counts: IntArray, rows: int, first: FloatArray, second: FloatArray) -> FloatArray:
    """Scores by summing the beta-binomial tail, the shorter one where counts are above the half."""
    flipped = counts > rows / 2
    counts = np.where(flipped, rows - counts, counts)
    first, second = np.where(flipped, second, first), np.where(flipped, first, second)
    upto = np.arange(int(counts.max()) + 1)[None]
    below = _log_probability(upto, rows, first[:, None], second[:, None])
    below = np.where(upto < counts[:, None], below, -np.inf)
    at = _log_probability(counts, rows, first, second)
    lower = logsumexp(np.concatenate([below, (at - np.log(2))[:, None]], axis=1), axis=1)
    scores: FloatArray = ndtri(np.clip(np.exp(lower), 1e-16, 1 - 1e-16))
    return np.where(flipped, -scores, scores)


def _log_probability(count: NDArray[np.int64], rows: int, first: FloatArray, second: FloatArray) -> FloatArray:
    """The logarithm of the beta-binomial probability of ``count``."""
    choose = gammaln(rows + 1) - gammaln(count + 1) - gammaln(rows - count + 1)
    found: FloatArray = choose + betaln(count + first, rows - count + second) - betaln(first, second)
    return found
