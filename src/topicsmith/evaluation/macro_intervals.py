"""Intervals of figures that average over topics: macro F1 and balanced accuracy."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from topicsmith.statistics.clusters import effective_rows
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval

METHOD = "clustered accuracy, stretched"
_CELLS = 4_000_000  # numbers held at once, so that memory stays bounded whatever the number of rows


def macro_interval(
    columns: IntArray, groups: IntArray, figure: Callable[[FloatArray], FloatArray], accuracy: Interval
) -> Interval:
    """The interval of a figure that weighs topics alike.

    It is the interval of the accuracy, stretched by how much more the figure varies: as groups of near-copies are left
    out in turn, or as so few rows of each topic would have it, whichever is more. With few rows a topic the figure is
    biased (the jackknife says by how much); the interval then reaches as far as it would around the corrected figure.
    Where few groups make most of the variance, a sample may by chance hold more of those that went wrong than there are
    in truth: upwards the interval is wider by Student's t at Satterthwaite's degrees of freedom.

    The figure and its interval are about the topics that have rows, as scikit-learn's are.

    Args:
        columns: what each row adds to the sums, as :func:`topicsmith.evaluation.metrics.counts_by_row` gives them.
        groups: the near-copy group of each row, numbered from 0.
        figure: from sums of shape (m, 3 * topics) to m figures.
        accuracy: of the same rows.

    Sources: the jackknife's variance and bias are Efron and Stein 1981, Annals of Statistics 9; the degrees of freedom
    are Satterthwaite 1946, Biometrics Bulletin 2; the coverage of the whole is simulated in ``benchmarks/coverage.py``.
    """
    n = len(columns)
    value = float(figure(columns.sum(axis=0, dtype=float)[None, :])[0])
    if not n or np.isnan(value):
        return Interval(value, np.nan, np.nan, n, accuracy.level, METHOD)
    left_out = _left_out(columns, groups, figure, value)
    ratio = left_out.of_figure / left_out.of_accuracy if left_out.of_accuracy > 0 else 0.0
    reach = sqrt(max(ratio, _by_support(columns, groups)))
    low = value - reach * (accuracy.value - accuracy.low) - max(0.0, left_out.bias)
    above = reach * _wider_by(left_out.freedom, accuracy.level)
    high = value + above * (accuracy.high - accuracy.value) + max(0.0, -left_out.bias)
    return Interval(
        value, max(0.0, low), min(1.0, high), n, accuracy.level, METHOD, accuracy.groups, accuracy.effective_n
    )


class _LeftOut(NamedTuple):
    """How the figure and the accuracy vary when each group is left out in turn, and the figure's bias."""

    of_figure: float
    of_accuracy: float
    bias: float
    freedom: float  # how many groups make the figure's variance, Satterthwaite's degrees of freedom


def _left_out(
    columns: IntArray, groups: IntArray, figure: Callable[[FloatArray], FloatArray], value: float
) -> _LeftOut:
    total = columns.sum(axis=0, dtype=float)
    topics = columns.shape[1] // 3
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    figures, accuracies = [], []
    step = max(1, _CELLS // columns.shape[1])
    for first in range(0, len(starts), step):
        some = starts[first : first + step]
        end = starts[first + step] if first + step < len(starts) else len(order)
        added = np.add.reduceat(columns[order[some[0] : end]].astype(float), some - some[0], axis=0)
        figures.append(figure(total[None] - added))
        rest, right = total[:topics].sum() - added[:, :topics].sum(axis=1), added[:, 2 * topics :].sum(axis=1)
        accuracies.append((total[2 * topics :].sum() - right) / np.maximum(rest, 1))
    without = np.concatenate(figures)
    without = without[~np.isnan(without)]
    if len(without) < 2:
        return _LeftOut(0.0, 0.0, 0.0, np.inf)
    bias = (len(without) - 1) * (float(without.mean()) - value)
    squares = (without - without.mean()) ** 2
    fourth = float((squares**2).sum())
    freedom = float(squares.sum()) ** 2 / fourth if fourth > 0 else np.inf
    return _LeftOut(float(squares.sum()), _squares(np.concatenate(accuracies)), bias, freedom)


def _wider_by(freedom: float, level: float) -> float:
    """Student's t over the normal quantile; below two degrees of freedom the variance says nothing, two are taken."""
    tail = (1 + level) / 2
    return float(t.ppf(tail, max(freedom, 2.0)) / norm.ppf(tail))


def _squares(values: FloatArray) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _by_support(columns: IntArray, groups: IntArray) -> float:
    """The variance of the mean recall over that of the accuracy, where all topics are as hard and copies alike."""
    topics = columns.shape[1] // 3
    truth = columns[:, :topics].argmax(axis=1)
    per_topic = [effective_rows(_sizes(groups[truth == topic])) for topic in np.unique(truth)]
    return effective_rows(_sizes(groups)) * sum(1 / rows for rows in per_topic) / len(per_topic) ** 2


def _sizes(groups: IntArray) -> IntArray:
    return np.unique(groups, return_counts=True)[1]
