"""Coefficients of agreement beyond chance, each with an interval.

All take ``ratings`` of shape (rows, annotators): the topic's number, or -1 where the annotator gave none; ``topics`` is
how many topics there are. All return ``None`` where the coefficient is undefined: no row, or nothing but one topic.
"""

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, Interval, jackknife

Ratings = NDArray[np.int64]


def cohen(ratings: Ratings, topics: int) -> Interval | None:
    """Cohen's kappa of two annotators, over the rows that both labelled.

    Source: J. Cohen 1960, Educational and Psychological Measurement 20, 37-46.

    >>> ratings = np.array([[0, 0]] * 20 + [[0, 1]] * 5 + [[1, 0]] * 10 + [[1, 1]] * 15)
    >>> round(cohen(ratings, 2).value, 6)
    0.4
    """
    rows, weights = _distinct(ratings[(ratings >= 0).all(axis=1)])
    same = (rows[:, 0] == rows[:, 1]).astype(np.float64)
    ones = np.ones(len(rows))
    features = np.column_stack([ones, same, _one_hot(rows[:, 0], topics), _one_hot(rows[:, 1], topics)])

    def statistic(sums: FloatArray) -> FloatArray:
        n = sums[:, 0]
        first, second = sums[:, 2 : 2 + topics], sums[:, 2 + topics :]
        return _beyond_chance(sums[:, 1] / n, (first * second).sum(axis=1) / n**2)

    return jackknife(features, weights, statistic)


def fleiss(ratings: Ratings, topics: int) -> Interval | None:
    """Fleiss' kappa of two or more annotators, over the rows that all of them labelled.

    Source: J. L. Fleiss 1971, Psychological Bulletin 76, 378-382.
    """
    rows, weights = _distinct(ratings[(ratings >= 0).all(axis=1)])
    raters = ratings.shape[1]
    counts = _counts(rows, topics)
    features = np.column_stack([np.ones(len(rows)), _pairs_agreeing(counts), counts])

    def statistic(sums: FloatArray) -> FloatArray:
        n = sums[:, 0]
        shares = sums[:, 2:] / (n * raters)[:, None]
        return _beyond_chance(sums[:, 1] / n, (shares**2).sum(axis=1))

    return jackknife(features, weights, statistic)


def krippendorff(ratings: Ratings, topics: int) -> Interval | None:
    """Krippendorff's alpha for names, over the rows that at least two annotators labelled.

    Source: K. Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """
    rows, weights = _distinct(ratings[(ratings >= 0).sum(axis=1) >= 2])
    counts = _counts(rows, topics)
    present = counts.sum(axis=1)
    disagreeing = (present**2 - (counts**2).sum(axis=1)) / np.maximum(present - 1, 1)
    features = np.column_stack([present, disagreeing, counts])

    def statistic(sums: FloatArray) -> FloatArray:
        n = sums[:, 0]
        expected = (n**2 - (sums[:, 2:] ** 2).sum(axis=1)) / (n * (n - 1))
        return np.asarray(1 - sums[:, 1] / n / expected, dtype=np.float64)

    return jackknife(features, weights, statistic)


def gwet(ratings: Ratings, topics: int) -> Interval | None:
    """Gwet's AC1, over the rows that at least one annotator labelled; steadier than kappa where one topic prevails.

    Source: K. L. Gwet 2008, British Journal of Mathematical and Statistical Psychology 61, 29-48.
    """
    rows, weights = _distinct(ratings[(ratings >= 0).any(axis=1)])
    counts = _counts(rows, topics)
    several = (counts.sum(axis=1) >= 2).astype(np.float64)
    shares = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
    features = np.column_stack([np.ones(len(rows)), several, several * _pairs_agreeing(counts), shares])

    def statistic(sums: FloatArray) -> FloatArray:
        prevalence = sums[:, 3:] / sums[:, :1]
        chance = (prevalence * (1 - prevalence)).sum(axis=1) / (topics - 1)
        return _beyond_chance(sums[:, 2] / sums[:, 1], chance)

    return jackknife(features, weights, statistic)


def _distinct(ratings: Ratings) -> tuple[Ratings, FloatArray]:
    """The distinct rows and how often each occurs."""
    if not len(ratings):
        return ratings, np.zeros(0)
    rows, counts = np.unique(ratings, axis=0, return_counts=True)
    return rows, counts.astype(np.float64)


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


def _beyond_chance(observed: FloatArray, chance: FloatArray) -> FloatArray:
    return np.asarray((observed - chance) / (1 - chance), dtype=np.float64)
