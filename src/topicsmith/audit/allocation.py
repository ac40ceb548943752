"""How many groups of near-copies to take from each stratum, with what probability each, and how well that will tell."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import sqrt

import numpy as np

from topicsmith.statistics.intervals import Z_95, FloatArray, IntArray

LEAST = 8
"""Groups looked at in every stratum, where it has them and the audit is large enough."""


def neyman(
    rows: Sequence[float], spreads: Sequence[float], groups: Sequence[int], total: int, least: int = LEAST
) -> list[int]:
    """How many of ``total`` groups to take from each stratum so that the variance expected of the whole is smallest.

    Args:
        rows: how many rows each stratum has.
        spreads: the standard deviation expected in each.
        groups: how many groups each has, the most that can be taken.
        total: how many to take in all.
        least: what each stratum gets before the rest is dealt out, as far as half of ``total`` allows.

    Source: J. Neyman 1934, Journal of the Royal Statistical Society 97: in proportion to rows times deviation. What a
    full stratum cannot take goes to the others.

    >>> neyman([600, 400], [0.3, 0.5], [600, 400], 38, least=0)
    [18, 20]
    """
    total = min(total, sum(groups))
    floor = min(least, total // (2 * len(groups))) if groups else 0
    taken = [min(count, floor) for count in groups]
    weight = [max(r * s, 1e-12) for r, s in zip(rows, spreads, strict=True)]
    # The next place goes where it lowers the expected variance most: Neyman's proportions in whole numbers.
    next_places = [((taken[i] + 0.5) / weight[i], i) for i, count in enumerate(groups) if taken[i] < count]
    heapify(next_places)
    for _ in range(total - sum(taken)):
        _, best = heappop(next_places)
        taken[best] += 1
        if taken[best] < groups[best]:
            heappush(next_places, ((taken[best] + 0.5) / weight[best], best))
    return taken


def inclusion_probabilities(sizes: IntArray, taken: int) -> FloatArray:
    """The probability of each group of a stratum: in proportion to its rows, 1 where that would be more.

    >>> inclusion_probabilities(np.array([1, 1, 2, 6]), 2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    found = np.ones(len(sizes))
    if taken >= len(sizes):
        return found
    free = np.ones(len(sizes), dtype=bool)
    while True:
        left = taken - int((~free).sum())
        found[free] = left * sizes[free] / sizes[free].sum()
        more = free & (found >= 1)
        if not more.any():
            return found
        found[more], free = 1.0, free & ~more


def chosen_groups(probabilities: FloatArray, chances: FloatArray, taken: int) -> IntArray:
    """Which groups of a stratum to take, exactly ``taken``, each with nearly its probability.

    ``chances`` are from 0 to 1, one a group; the same ones with equal probabilities make a larger sample keep the
    groups of a smaller one. Source: B. Rosén 1997, "On sampling with probability proportional to size", Journal of
    Statistical Planning and Inference 62 (Pareto sampling).
    """
    if not taken:
        return np.zeros(0, dtype=np.int64)
    certain = probabilities >= 1
    odds = np.where(certain, 1.0, probabilities / np.where(certain, 1.0, 1 - probabilities))
    rank = np.where(certain, -1.0, chances / (1 - chances) / odds)
    return np.sort(np.argsort(rank, kind="stable")[:taken]).astype(np.int64)


def expected_half_width(
    rows: Sequence[float],
    shares: Sequence[float],
    groups: Sequence[int],
    taken: Sequence[int],
    effective: float | None = None,
) -> float:
    """Half the width that the 95 % interval of a share is expected to have.

    Args:
        rows: how many rows each stratum has.
        shares: the share expected in each.
        groups: how many groups each has.
        taken: how many are taken of each.
        effective: how many unrelated rows would tell as much as all of them together, for the interval of rows like
            these; without it, the interval is that of these very rows.
    """
    everything = sum(rows)
    variance = sum(
        (r / everything) ** 2 * p * (1 - p) / n * (1 - n / count)
        for r, p, count, n in zip(rows, shares, groups, taken, strict=True)
        if n
    )
    share = sum(r * p for r, p in zip(rows, shares, strict=True)) / everything
    return Z_95 * sqrt(variance + (share * (1 - share) / effective if effective else 0.0))
