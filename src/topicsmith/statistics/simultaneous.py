"""Many candidates against the best of them: by how much the best is better, for all of them at once.

Which candidate looks best is chance as well. The statements here therefore hold together, in ``1 - risk`` of cases,
against the candidate that is truly best, whichever it is (multiple comparisons with the best).

Sources: Hsu 1984, Annals of Statistics 12; Edwards and Hsu 1983, JASA 78, who make them from comparisons with a control
for every candidate as the control. The critical value is that of the largest difference (max-T), drawn from a normal
distribution with the candidates' own correlation, so that candidates who err on the same rows cost little.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.statistics.paired import LEVEL, mcnemar_exact, paired_bounds, paired_score

LOG2_DRAWS = 13
SEED = 13
METHOD = "simultaneous, against the best"
BoolArray = NDArray[np.bool_]
Bounds = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From critical values, one for each control, to the two ends of every difference, of shape (others, controls)."""


@dataclass(frozen=True)
class Losses:
    """By how much the truly best of K candidates is better than each; every field is of shape (K,).

    ``value`` is what was seen; ``low`` and ``high`` hold the true loss of all candidates together. ``may_be_best`` is
    whether the candidate may itself be the best: ``p_adjusted``, of that it is, lies above the risk. ``critical`` is
    the critical value of the largest difference from each candidate.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    may_be_best: BoolArray
    p_adjusted: FloatArray
    critical: FloatArray


def losses_of_shares(right: BoolArray, groups: IntArray, risk: float = LEVEL) -> Losses:
    """The losses in accuracy of candidates that answered the same rows.

    The intervals of differences are Tango's, at the effective number of rows where rows come in groups of near-copies;
    the p-values are McNemar's exact ones or those of the same score, whichever is larger, so that a handful of rows is
    not trusted like many.

    Args:
        right: which rows each candidate had right, of shape (K, rows).
        groups: the group of each row, a number from 0 on, of shape (rows,).
        risk: that any of the statements is false.
    """
    count, rows = right.shape
    values = right.mean(axis=1)
    only = right.astype(float) @ (~right).T  # [i, j]: rows that i alone had right of the two
    effect = _design_effects(right, groups)
    b, c, n = only.T / effect, only / effect, rows / effect  # [i, j]: j has more right than i by (b - c) / n
    p_values = np.ones((count, count))
    score = paired_score(b, c)
    by_group = _group_sums(right.astype(float), groups)
    for i, j in zip(*np.nonzero(score > 0), strict=True):
        more, fewer = (int(found.sum()) for found in (by_group[j] > by_group[i], by_group[j] < by_group[i]))
        exact = mcnemar_exact(more, fewer) if more > fewer else 1.0
        p_values[i, j] = max(exact, float(_two_sided(score[i, j])))

    def bounds(critical: FloatArray) -> tuple[FloatArray, FloatArray]:
        return paired_bounds(b, c, n, np.broadcast_to(critical[None, :], b.shape))

    return _losses(values, clustered_covariance(right.astype(float), groups), p_values, bounds, risk)


def losses_of_estimates(values: FloatArray, covariance: FloatArray, risk: float = LEVEL) -> Losses:
    """The losses of candidates of whom only estimates and their covariance are known, taken as normal.

    Args:
        values: the estimates, of shape (K,).
        covariance: of the estimates, of shape (K, K).
        risk: that any of the statements is false.
    """
    difference = values[None, :] - values[:, None]
    error = standard_errors(covariance)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(error > 0, difference / error, np.where(difference > 0, np.inf, 0.0))
    p_values = np.where(difference > 0, _two_sided(score), 1.0)

    def bounds(critical: FloatArray) -> tuple[FloatArray, FloatArray]:
        half = critical[None, :] * error
        return difference - half, difference + half

    return _losses(values, covariance, p_values, bounds, risk)


def _losses(values: FloatArray, covariance: FloatArray, p_values: FloatArray, bounds: Bounds, risk: float) -> Losses:
    count = len(values)
    error = standard_errors(covariance)
    drawn = normal_draws(covariance)
    critical, adjusted = np.zeros(count), np.ones(count)
    for i in range(count):
        others = np.flatnonzero(error[i] > 0)
        largest = np.sort(largest_difference(drawn, error, i, others))
        critical[i] = _critical(largest, len(others), risk)
        adjusted[i] = _adjusted(float(p_values[i].min()), largest, len(others))
    may_be_best = adjusted > risk
    may_be_best[int(np.argmax(values))] = True
    low, high = bounds(critical)
    loss_low, loss_high = np.zeros(count), np.zeros(count)
    for i in range(count):
        rivals = np.flatnonzero(may_be_best & (np.arange(count) != i))
        if len(rivals):
            loss_high[i] = max(0.0, float(high[i, rivals].max()))
        if not may_be_best[i]:
            loss_low[i] = max(0.0, float(low[i, rivals].min()))
    return Losses(values.max() - values, loss_low, loss_high, may_be_best, adjusted, critical)


def largest_difference(drawn: FloatArray, error: FloatArray, control: int, others: IntArray) -> FloatArray:
    """In every draw, the largest difference from ``control`` over ``others``, in standard errors; shape (draws,)."""
    if not len(others):
        return np.zeros(drawn.shape[1])
    return np.asarray((np.abs(drawn[others] - drawn[control]) / error[control, others][:, None]).max(axis=0))


def _critical(largest: FloatArray, others: int, risk: float) -> float:
    """The point that the largest difference exceeds with probability ``risk``; exact where there is one only."""
    if others > 1:
        return float(np.quantile(largest, 1 - risk))
    from scipy.special import ndtri

    return float(ndtri(1 - risk / 2))


def _adjusted(p_value: float, largest: FloatArray, others: int) -> float:
    """The smallest of ``others`` p-values corrected for being the smallest, by max-T and at most by Bonferroni."""
    if others < 2 or p_value >= 1:
        return p_value
    from scipy.special import ndtri

    point = -float(ndtri(p_value / 2)) if p_value > 0 else np.inf
    above = len(largest) - int(np.searchsorted(largest, point, side="left"))
    return max(p_value, min((above + 1) / (len(largest) + 1), others * p_value, 1.0))


def all_pairs_critical(covariance: FloatArray, risk: float = LEVEL) -> tuple[float, FloatArray]:
    """The critical value of the largest difference of any pair, and that largest difference in every draw, sorted."""
    error, drawn = standard_errors(covariance), normal_draws(covariance)
    largest = np.zeros(drawn.shape[1])
    for i in range(len(error)):
        others = np.flatnonzero(error[i] > 0)
        largest = np.maximum(largest, largest_difference(drawn, error, i, others[others > i]))
    largest = np.sort(largest)
    pairs = int((error > 0).sum()) // 2
    return _critical(largest, pairs, risk), largest


def all_pairs_p(score: float, largest: FloatArray, pairs: int) -> float:
    """The two-sided p-value of a difference of ``score`` standard errors, corrected for ``pairs`` of them."""
    return _adjusted(float(_two_sided(abs(score))), largest, pairs)


def clustered_covariance(values: FloatArray, groups: IntArray) -> FloatArray:
    """The covariance of the means of K figures over the same rows, by group of near-copies; shape (K, K).

    Args:
        values: of shape (K, rows).
        groups: the group of each row, a number from 0 on, of shape (rows,).

    Source: Liang and Zeger 1986, Biometrika 73; for answers of language models Miller 2024, arXiv:2411.00640.
    """
    rows = values.shape[1]
    sums = _group_sums(values - values.mean(axis=1, keepdims=True), groups)
    count = sums.shape[1]
    return np.asarray((sums @ sums.T) / rows**2 * (count / max(count - 1, 1)))


def standard_errors(covariance: FloatArray) -> FloatArray:
    """The standard error of every difference, of shape (K, K); 0 where two are the same."""
    spread = np.diag(covariance)
    variance = spread[:, None] + spread[None, :] - 2 * covariance
    scale = float(spread.max()) if len(spread) else 0.0
    return np.asarray(np.sqrt(np.where(variance > 1e-9 * scale, variance, 0.0)))


def normal_draws(covariance: FloatArray) -> FloatArray:
    """Draws from a normal distribution around 0, of shape (K, draws); the same covariance gives the same draws."""
    value, vector = np.linalg.eigh(covariance)
    root = vector * np.sqrt(np.clip(value, 0.0, None))
    return np.asarray(root @ _standard_draws(len(value)))


@lru_cache(maxsize=8)
def _standard_draws(count: int) -> FloatArray:
    """Independent standard normal draws, spread more evenly than chance would: half the error of as many others.

    Source: Owen 1997, Annals of Statistics 25 (scrambled nets).
    """
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    return np.ascontiguousarray(ndtri(Sobol(count, seed=SEED).random_base2(LOG2_DRAWS)).T)


def _design_effects(right: BoolArray, groups: IntArray) -> FloatArray:
    """By how much near-copies inflate the variance of every difference: at least 1, of shape (K, K).

    A pair's own alikeness within groups, or that of all pairs together where it is larger, since few rows tell two
    good candidates apart; two that never differ are taken to be as alike as can be.
    """
    sizes = np.bincount(groups)
    most = float((sizes**2).sum()) / len(groups)
    if most <= 1:
        return np.ones((len(right), len(right)))
    centred = right - right.mean(axis=1, keepdims=True)
    sums = _group_sums(centred, groups)
    clustered, plain = (standard_errors(x @ x.T) ** 2 for x in (sums, centred))
    if not plain.any():
        return np.full_like(plain, most)
    together = clustered.sum() / plain.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(plain > 0, clustered / plain, most)
    return np.asarray(np.clip(np.maximum(own, together), 1.0, most))


def _group_sums(values: FloatArray, groups: IntArray) -> FloatArray:
    return np.stack([np.bincount(groups, weights=row) for row in values])


def _two_sided(score: FloatArray | float) -> FloatArray:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.asarray(score, dtype=float)))
