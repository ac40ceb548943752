"""Coefficients of agreement beyond chance, each with an interval.

All take ``ratings`` of shape (rows, annotators): the topic's number, or -1 where the annotator gave none; ``topics`` is
how many topics there are; ``groups`` is the near-copy group of each row, where rows have near-copies. All return
``None`` where the coefficient is undefined: no row, or nothing but one topic.

An interval is that of the share of pairs that agree (:func:`~topicsmith.statistics.clusters.clustered_mean`), put on
the coefficient's scale and stretched by how much more the coefficient varies than that share does when groups are left
out in turn. It so stays honest where few groups disagree, at which the jackknife's own interval is too narrow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.clusters import clustered_mean
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval

Ratings = NDArray[np.int64]
Chance = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
_ENOUGH_OUTSIDE = 20.0
_LEAST_STRETCH, _MOST_STRETCH = 0.25, 25.0


def cohen(ratings: Ratings, topics: int, groups: IntArray | None = None) -> Interval | None:
    """Cohen's kappa of two annotators, over the rows that both labelled.

    Source: J. Cohen 1960, Educational and Psychological Measurement 20, 37-46.

    >>> ratings = np.array([[0, 0]] * 20 + [[0, 1]] * 5 + [[1, 0]] * 10 + [[1, 1]] * 15)
    >>> round(cohen(ratings, 2).value, 6)
    0.4
    """

    def features(rows: Ratings) -> FloatArray:
        same = (rows[:, 0] == rows[:, 1]).astype(np.float64)
        return np.column_stack([np.ones(len(rows)), same, _one_hot(rows[:, 0], topics), _one_hot(rows[:, 1], topics)])

    def chance(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        n = sums[:, 0]
        first, second = sums[:, 2 : 2 + topics], sums[:, 2 + topics :]
        return sums[:, 1] / n, (first * second).sum(axis=1) / n**2

    return _coefficient(_Rated.of(ratings, groups, np.all(ratings >= 0, axis=1)), topics, features, chance)


def fleiss(ratings: Ratings, topics: int, groups: IntArray | None = None) -> Interval | None:
    """Fleiss' kappa of two or more annotators, over the rows that all of them labelled.

    Source: J. L. Fleiss 1971, Psychological Bulletin 76, 378-382.
    """
    raters = ratings.shape[1]

    def features(rows: Ratings) -> FloatArray:
        counts = _counts(rows, topics)
        return np.column_stack([np.ones(len(rows)), _pairs_agreeing(counts), counts])

    def chance(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        n = sums[:, 0]
        shares = sums[:, 2:] / (n * raters)[:, None]
        return sums[:, 1] / n, (shares**2).sum(axis=1)

    return _coefficient(_Rated.of(ratings, groups, np.all(ratings >= 0, axis=1)), topics, features, chance)


def krippendorff(ratings: Ratings, topics: int, groups: IntArray | None = None) -> Interval | None:
    """Krippendorff's alpha for names, over the rows that at least two annotators labelled.

    Source: K. Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """

    def features(rows: Ratings) -> FloatArray:
        counts = _counts(rows, topics)
        present = counts.sum(axis=1)
        disagreeing = (present**2 - (counts**2).sum(axis=1)) / np.maximum(present - 1, 1)
        return np.column_stack([present, disagreeing, counts])

    def chance(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        n = sums[:, 0]
        expected = (n**2 - (sums[:, 2:] ** 2).sum(axis=1)) / (n * (n - 1))
        return 1 - sums[:, 1] / n, 1 - expected

    return _coefficient(_Rated.of(ratings, groups, (ratings >= 0).sum(axis=1) >= 2), topics, features, chance)


def gwet(ratings: Ratings, topics: int, groups: IntArray | None = None) -> Interval | None:
    """Gwet's AC1, over the rows that at least one annotator labelled; steadier than kappa where one topic prevails.

    Source: K. L. Gwet 2008, British Journal of Mathematical and Statistical Psychology 61, 29-48.
    """

    def features(rows: Ratings) -> FloatArray:
        counts = _counts(rows, topics)
        several = (counts.sum(axis=1) >= 2).astype(np.float64)
        shares = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
        return np.column_stack([np.ones(len(rows)), several, several * _pairs_agreeing(counts), shares])

    def chance(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        prevalence = sums[:, 3:] / sums[:, :1]
        return sums[:, 2] / sums[:, 1], (prevalence * (1 - prevalence)).sum(axis=1) / (topics - 1)

    return _coefficient(
        _Rated.of(ratings, groups, np.any(ratings >= 0, axis=1)), topics, features, chance, skewed=False
    )


@dataclass(frozen=True)
class _Rated:
    """The rows a coefficient is about, with the group of each."""

    ratings: Ratings
    groups: IntArray

    @classmethod
    def of(cls, ratings: Ratings, groups: IntArray | None, chosen: NDArray[np.bool_]) -> "_Rated":
        codes = np.arange(len(ratings)) if groups is None else groups
        _, code = np.unique(codes[chosen], return_inverse=True)
        return cls(ratings[chosen], code.astype(np.int64))

    def units(self, features: Callable[[Ratings], FloatArray]) -> tuple[FloatArray, FloatArray]:
        """What each distinct unrelated row, and each group of near-copies, adds to the sums; and how often."""
        several = np.bincount(self.groups)[self.groups] > 1 if len(self.groups) else np.zeros(0, dtype=bool)
        rows, counts = np.unique(self.ratings[~several], axis=0, return_counts=True)
        alone = features(rows)
        _, code = np.unique(self.groups[several], return_inverse=True)
        together = np.zeros((int(code.max()) + 1 if len(code) else 0, alone.shape[1]))
        if len(code):
            np.add.at(together, code, features(self.ratings[several]))
        weights = np.concatenate([counts.astype(np.float64), np.ones(len(together))])
        return np.concatenate([alone, together]), weights


def _coefficient(
    rated: _Rated, topics: int, features: Callable[[Ratings], FloatArray], chance: Chance, *, skewed: bool = True
) -> Interval | None:
    """The coefficient of ``rated`` with its interval.

    Args:
        rated: the rows it is about.
        topics: how many topics there are.
        features: what rows add to the sums.
        chance: from sums of shape (any, sums) to the share that agrees and the share that would agree by chance.
        skewed: chance agreement itself is uncertain where nearly all rows are of one topic.
    """
    n = len(rated.ratings)
    if not n:
        return None
    added, weights = rated.units(features)
    total = weights @ added
    with np.errstate(invalid="ignore", divide="ignore"):
        observed, by_chance = (float(each[0]) for each in chance(total[None]))
        value = (observed - by_chance) / (1 - by_chance) if by_chance != 1 else np.nan
        shares, chances = chance(total[None] - added)
        coefficients = (shares - chances) / (1 - chances)
    if not isfinite(value):
        return None
    known = np.isfinite(coefficients) & np.isfinite(shares)
    of_share = _spread(shares[known], weights[known]) / (1 - by_chance) ** 2
    ratio = _spread(coefficients[known], weights[known]) / of_share if of_share > 0 else 1.0
    reach = sqrt(min(_MOST_STRETCH, max(_LEAST_STRETCH, ratio))) / (1 - by_chance)
    counts = _counts(rated.ratings, topics)
    several = counts.sum(axis=1) >= 2
    share = clustered_mean(_pairs_agreeing(counts)[several], rated.groups[several])
    low, high = value - reach * (share.value - share.low), value + reach * (share.high - share.value)
    if skewed:
        wide = _few_outside(counts, rated.groups, value, share)
        low, high = min(low, wide[0]), max(high, wide[1])
    return Interval(
        value, max(-1.0, low), min(1.0, high), n, method="clustered agreement", groups=share.groups,
        effective_n=share.effective_n,
    )  # fmt: skip


def _few_outside(counts: FloatArray, groups: IntArray, value: float, share: Interval) -> tuple[float, float]:
    """The bounds where hardly any answer is outside the commonest topic, so that chance agreement is hardly known.

    Disagreement by chance is near ``2 q (1 - q)`` with ``q`` the share outside. Both ends of its interval are tried, to
    half their distance on a log scale: disagreement and what lies outside rise and fall together.
    """
    main = int(counts.sum(axis=0).argmax())
    outside = 1 - counts[:, main] / np.maximum(counts.sum(axis=1), 1)
    found = clustered_mean(outside, groups)
    if found.value * (found.effective_n or found.n) >= _ENOUGH_OUTSIDE or not 0 < found.value < 1:
        return value, value
    here = found.value * (1 - found.value)
    disagreed = 1 - share.value
    scale = (1 - value) / disagreed if disagreed > 0 else 1 / (2 * here)
    rarer, commoner = (sqrt(here / max(q * (1 - q), 1e-9)) for q in (found.low, min(found.high, 0.5)))
    return 1 - (1 - share.low) * scale * rarer, 1 - (1 - share.high) * scale * commoner


def _spread(values: FloatArray, weights: FloatArray) -> float:
    """The jackknife's sum of squares, up to a factor that is the same for all figures of the same groups."""
    if not len(values):
        return 0.0
    return float(weights @ (values - np.average(values, weights=weights)) ** 2)


def _one_hot(column: Ratings, topics: int) -> FloatArray:
    return np.asarray(column[:, None] == np.arange(topics), dtype=np.float64)


def _counts(rows: Ratings, topics: int) -> FloatArray:
    """How many annotators gave each topic, of shape (rows, topics)."""
    counts = np.zeros((len(rows), topics))
    for column in rows.T:
        counts += _one_hot(column, topics)
    return counts


def _pairs_agreeing(counts: FloatArray) -> FloatArray:
    """The share of pairs of annotators that agree, by row; 0 where there is no pair."""
    present = counts.sum(axis=1)
    pairs = np.maximum(present * (present - 1), 1)
    return np.asarray((counts * (counts - 1)).sum(axis=1) / pairs, dtype=np.float64)
