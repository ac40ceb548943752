"""Prediction-powered shares: a person's word on a random sample of the rows, helped by the classifier's answers."""

from collections import Counter

import numpy as np

from topicsmith.errors import RunStateError
from topicsmith.shares.rows import ShareRows
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

METHOD = "prediction-powered"
FEWEST = 2
_IMAGINED = 0.5  # the squared error added to those seen: a topic without a mistake among 100 rows is not free of them


def prediction_powered(rows: ShareRows, topic: int, level: float = 0.95) -> Interval:
    """The share of ``topic``, whatever the classifier's mistakes are: nothing is taken from other rows.

    The share among all answers is corrected by how far answers and truth differ in the rows whose truth is known. They
    have to be a random sample of ``rows``, or of each stratum, weighed where their chances differed. The answers
    weigh as much as makes the variance least.

    The variance adds what the sample leaves open, by groups of near-copies, to what is left to chance in which rows
    came in; the interval is Wilson's at the number of strangers with that variance.

    Raises:
        RunStateError: when the truth of fewer than two rows is known.

    Source: Angelopoulos, Duchi, Zrnic 2023, "PPI++: efficient prediction-powered inference", section 6; within strata
    as Fisch et al. 2024, "Stratified prediction-powered inference"; the interval as Korn and Graubard 1998.
    """
    known, n = rows.known, len(rows)
    if known.sum() < FEWEST:
        raise RunStateError(f"the truth of {int(known.sum())} rows is known; it takes {FEWEST}, better 100")
    answered, true = (rows.predicted == topic).astype(float), (rows.truth == topic).astype(float)
    strata = _strata(rows)
    each = np.ones(n) if rows.weights is None else rows.weights
    weight = _power(strata[known], answered[known], true[known])
    rest = true - weight * answered
    value, variance = 0.0, 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        sample = inside & known
        share, drawn = float(inside.mean()), int(sample.sum())
        value += share * float(weight * answered[inside].mean() + np.average(rest[sample], weights=each[sample]))
        spread = _variance(rest[sample], rows.groups[sample], each[sample])
        variance += share**2 * (1 - drawn / int(inside.sum())) * spread
    shown = min(max(value, 0.5 / n), 1 - 0.5 / n)
    variance += shown * (1 - shown) / max(rows.effective, 1.0)
    effective = shown * (1 - shown) / variance
    value = min(max(value, 0.0), 1.0)
    found = wilson(value * effective, effective, level)
    low, high = min(found.low, value), max(found.high, value)
    return Interval(value, low, high, n, level, METHOD, groups=len(np.unique(rows.groups)), effective_n=effective)


def _strata(rows: ShareRows) -> IntArray:
    """The stratum of each row; those with fewer than two known rows are taken together with the best known one."""
    if rows.strata is None:
        return np.zeros(len(rows), dtype=np.int64)
    seen = Counter(rows.strata[rows.known].tolist())
    best = max(seen, key=lambda stratum: seen[stratum])
    thin = [stratum for stratum in np.unique(rows.strata).tolist() if seen[stratum] < FEWEST]
    return np.where(np.isin(rows.strata, thin), best, rows.strata)


def _power(strata: IntArray, answered: FloatArray, true: FloatArray) -> float:
    """How much of the answers to use: the regression of the truth on them within strata, from 0 to 1."""
    joint, alone = 0.0, 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        centred = answered[inside] - answered[inside].mean()
        joint += float((centred * true[inside]).sum())
        alone += float((centred**2).sum())
    return min(1.0, max(0.0, joint / alone)) if alone > 0 else 1.0


def _variance(rest: FloatArray, groups: IntArray, weights: FloatArray) -> float:
    """The variance of a weighted mean over rows whose near-copies stand together."""
    n = len(rest)
    parts = weights / weights.mean() * (rest - np.average(rest, weights=weights))
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=parts)
    spread = float((sums**2).sum()) + _IMAGINED
    return spread * n / max(n - 1, 1) / n**2
