"""What audited rows stand for, by how they were drawn: estimates without bias, and their variance.

Groups of near-copies are drawn, not rows: a person looks at one row of a group, and its topic is that of the others.
In each stratum of each draw the groups it took stand for all groups it could have taken, in inverse proportion to the
probability with which each was taken. Several draws follow one another: a later one leaves out what was answered
before, which counts as it is. Each draw thus gives an estimate of all rows, and they are averaged with weights fixed by
their sizes, so that the average has no bias whatever was learnt between them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topicsmith.errors import RunStateError
from topicsmith.statistics.intervals import FloatArray, IntArray

FEWEST = 2
"""Audited groups below which nothing is estimated."""


@dataclass(frozen=True)
class StratumSample:
    """The answered groups of one stratum of one draw.

    Args:
        units: which groups, as positions among all audited ones.
        probabilities: with which each was taken, at most 1.
        rows: how many rows the stratum has in all.
    """

    units: IntArray
    probabilities: FloatArray
    rows: float


@dataclass(frozen=True)
class DrawSample:
    """What one draw took of one ``part`` of the rows: its strata, and groups answered ``before``, which it left out."""

    strata: tuple[StratumSample, ...]
    before: IntArray
    part: str = ""


@dataclass(frozen=True)
class AuditDesign:
    """Audited groups as a sample of all ``rows``, which may fall into parts that were drawn from apart.

    Args:
        draws: the draws, each of which covers all rows of its part.
        sizes: how many rows each audited group has, of shape (groups,).
        rows: how many rows there are in all.

    Sources: ratio estimates within strata and their variance by linearisation as in Särndal, Swensson and Wretman 1992,
    "Model assisted survey sampling", sections 5.7 and 7.3; draws one after another as in Zrnic and Candès 2024, "Active
    statistical inference", section 5.

    Raises:
        RunStateError: where fewer than two groups are audited.
    """

    draws: tuple[DrawSample, ...]
    sizes: FloatArray
    rows: float

    def __post_init__(self) -> None:
        if len(self.sizes) < FEWEST:
            raise RunStateError(f"{len(self.sizes)} rows were audited; audit at least {FEWEST}, better 300")

    @cached_property
    def _parts(self) -> list[tuple[float, IntArray, list[tuple[StratumSample, FloatArray]]]]:
        """Each draw's share in the average, the groups before it, and its strata with the coefficients of groups."""
        found = []
        counts = [sum(len(stratum.units) for stratum in draw.strata) for draw in self.draws]
        of_part: Counter[str] = Counter()
        for draw, count in zip(self.draws, counts, strict=True):
            of_part[draw.part] += count
        for draw, count in zip(self.draws, counts, strict=True):
            if not count:
                continue
            strata = []
            for stratum in joined(draw.strata):
                weights = 1 / stratum.probabilities
                total = float((weights * self.sizes[stratum.units]).sum())
                strata.append((stratum, stratum.rows * weights / total))
            found.append((count / of_part[draw.part], draw.before, strata))
        return found

    @cached_property
    def coefficients(self) -> FloatArray:
        """How many groups each audited group stands for: totals are sums over groups, weighed by these."""
        found = np.zeros(len(self.sizes))
        for share, before, strata in self._parts:
            found[before] += share
            for stratum, weights in strata:
                found[stratum.units] += share * weights
        return found

    @property
    def row_weights(self) -> FloatArray:
        """How many rows each audited group stands for."""
        return self.coefficients * self.sizes

    def total(self, values: FloatArray) -> FloatArray:
        """Estimated totals over all rows, from sums per group of shape (groups,) or (groups, k)."""
        found: FloatArray = self.coefficients @ values
        return found

    def variance(self, values: FloatArray, imagined: float = 0.0) -> float:
        """The variance of :meth:`total`, over which groups happened to be drawn.

        ``imagined`` is the squared deviation, per row, of one more row in each stratum: a handful of rows that are all
        alike do not show that the others are like them.
        """
        variance = 0.0
        for share, _, strata in self._parts:
            for stratum, weights in strata:
                variance += share**2 * self._within(stratum, weights, values, imagined)
        return variance

    def _within(self, stratum: StratumSample, weights: FloatArray, values: FloatArray, imagined: float) -> float:
        sizes, seen, n = self.sizes[stratum.units], values[stratum.units], len(stratum.units)
        left = 1 - stratum.probabilities
        ratio = float((weights * seen).sum()) / stratum.rows
        squares = float((left * (weights * (seen - ratio * sizes)) ** 2).sum())
        if not imagined:
            return squares * n / max(n - 1, 1)
        return squares + imagined * float((left * (weights * sizes) ** 2).mean())

    def covariance(self, first: FloatArray, second: FloatArray) -> float:
        """The covariance of two totals, over which groups happened to be drawn."""
        return (self.variance(first + second) - self.variance(first - second)) / 4

    def spread(self, values: FloatArray) -> float:
        """The variance of the total of all rows itself, over which rows happened to come in: rows like these.

        ``values`` are deviations from the mean, summed per group.
        """
        return float((self.coefficients * values**2).sum())

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom of a variance: groups drawn less strata."""
        drawn = [len(stratum.units) - 1 for _, _, strata in self._parts for stratum, _ in strata]
        return float(max(1, sum(drawn)))


def joined(strata: Sequence[StratumSample]) -> list[StratumSample]:
    """``strata``, those with fewer than two answered groups joined to the best known one of the draw."""
    known = [stratum for stratum in strata if len(stratum.units) >= FEWEST]
    thin = [stratum for stratum in strata if len(stratum.units) < FEWEST and stratum.rows > 0]
    if not thin:
        return known
    largest = max(known, key=lambda stratum: len(stratum.units)) if known else None
    parts = thin if largest is None or sum(len(each.units) for each in thin) >= FEWEST else [*thin, largest]
    both = StratumSample(
        np.concatenate([each.units for each in parts]),
        np.concatenate([each.probabilities for each in parts]),
        sum(each.rows for each in parts),
    )
    rest = [stratum for stratum in known if not any(stratum is each for each in parts)]
    return [*rest, both] if len(both.units) else rest
