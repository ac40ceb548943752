"""Means over all rows when a person has looked at only some of them, with intervals that also know what was undecided.

Where truth is not given, the rows on which annotators agreed are the easy ones, and accuracy on them flatters. A random
sample that a person judged, agreed and disagreed rows alike, gives the honest figure:

* ``stratified``: the audited rows of each stratum stand for the rest of it;
* ``prediction_powered``: the annotators' opinions of every row stand in for the truth, and the audited rows correct
  them; narrower where opinions say much about the truth, never built on trusting them.

Rows of which the person could not tell the topic are bounds, never left out: once all count as bad as can be, once as
good. An interval reaches from below the first to above the second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan, sqrt
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from topicsmith.audit.estimation.design import AuditDesign
from topicsmith.audit.estimation.macro_f1 import MacroF1
from topicsmith.statistics.intervals import FloatArray, Interval, wilson

_NORMAL = NormalDist()
T = TypeVar("T")


@dataclass(frozen=True)
class AuditedFigure:
    """A figure for all rows, from ``audited`` ones.

    ``like_these`` is its interval for rows like these, ``these`` for these very rows: of less chance, since those that
    were looked at are known. Both reach over what the undecided rows may be: ``worst`` and ``best`` are the figure
    where all of them count as bad and as good as can be.
    """

    like_these: Interval
    these: Interval
    worst: float
    best: float
    audited: int


@dataclass(frozen=True)
class Proxy:
    """What stands in for the truth: sums per audited group, and the ``total`` over all rows."""

    audited: FloatArray
    total: float


@dataclass(frozen=True)
class Bounds:
    """Sums per audited group, where undecided ones count as the ``middle``, and at ``worst`` and ``best``."""

    middle: FloatArray
    worst: FloatArray
    best: FloatArray

    def each(self, measure: Callable[[FloatArray], T]) -> tuple[T, T, T]:
        """``measure`` of all three, taken once where nothing is undecided."""
        found = measure(self.middle)
        if self.worst is self.middle and self.best is self.middle:
            return found, found, found
        return found, measure(self.worst), measure(self.best)


@dataclass(frozen=True)
class _Found:
    """An estimated mean, and its variance for ``these`` rows and for rows ``like`` these."""

    value: float
    these: float
    like: float


def filled(design: AuditDesign, values: FloatArray, undecided: NDArray[np.bool_]) -> FloatArray:
    """``values`` with those of ``undecided`` groups put at the mean of the decided ones of their stratum."""
    found = values.astype(float).copy()
    for draw in design.draws:
        for stratum in draw.strata:
            open_ones = stratum.units[undecided[stratum.units]]
            decided = stratum.units[~undecided[stratum.units]]
            base = decided if len(decided) else np.flatnonzero(~undecided)
            if len(open_ones) and len(base):
                found[open_ones] = found[base].sum() / design.sizes[base].sum() * design.sizes[open_ones]
    return found


def share_of_rows(
    design: AuditDesign, values: Bounds, proxy: Proxy | None = None, level: float = 0.95, method: str = ""
) -> AuditedFigure:
    """The share of all rows for which something holds, from counts per audited group.

    With ``proxy``, a guess for every row from 0 to 1, prediction-powered: it is used as far as it helps.

    Sources: the interval is Wilson's at the number of rows with the same variance (Korn and Graubard 1998, Survey
    Methodology 24), wider by Student's t; prediction-powered as in Angelopoulos, Duchi, Zrnic 2023, "PPI++", section 6,
    within strata as Fisch et al. 2024; the bounds are Manski's (1990, American Economic Review 80), reached over as in
    Imbens and Manski 2004, Econometrica 72.
    """

    def mean(each: FloatArray) -> _Found:
        plain = float(np.clip(design.total(each) / design.rows, 0, 1))
        n = len(design.sizes)
        near = (n * plain + 1) / (n + 2)
        return _mean(design, each, proxy, near * (1 - near), plain * (1 - plain), (0.0, 1.0))

    return _figure(design, values.each(mean), level, method, _wilson_ends)


def difference_of_shares(
    design: AuditDesign, values: Bounds, apart: float, proxy: Proxy | None = None, level: float = 0.95, method: str = ""
) -> AuditedFigure:
    """The mean of differences from -1 to 1 over all rows, of which a share ``apart`` can differ from 0 at all."""
    found = values.each(lambda each: _mean(design, each, proxy, apart, apart, (-apart, apart)))

    def ends(found: _Found, variance: float, level: float, _: int) -> tuple[float, float]:
        half = _NORMAL.inv_cdf(0.5 + level / 2) * sqrt(variance)
        return max(-apart, found.value - half), min(apart, found.value + half)

    return _figure(design, found, level, method, ends)


def share_among(
    design: AuditDesign, values: Bounds, among: FloatArray, method: str, level: float = 0.95
) -> AuditedFigure:
    """The share of some rows for which something holds, from counts per audited group, ``among`` those of the rows.

    The interval is Wilson's at Kish's effective number of groups, sum(w)^2 / sum(w^2) (Kish 1965, "Survey sampling").
    """
    weights = design.coefficients * among
    effective = float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0
    shares = values.each(lambda each: float(design.total(each) / weights.sum()) if weights.any() else nan)
    low, high = (
        wilson(shares[1] * effective, effective, level).low,
        wilson(shares[2] * effective, effective, level).high,
    )
    interval = Interval(shares[0], low, high, round(float(weights.sum())), level, method)
    return AuditedFigure(interval, interval, shares[1], shares[2], int((among > 0).sum()))


def linearised(
    design: AuditDesign, middle: MacroF1, worst: MacroF1, best: MacroF1, method: str, level: float = 0.95
) -> AuditedFigure:
    """The macro F1, by what each group adds to it to first order: as it is, at worst and at best."""

    def found(each: MacroF1) -> _Found:
        like = design.spread(each.deviations)
        these = design.variance(each.terms, like / design.rows)
        return _Found(each.value, these, these + like)

    return _figure(design, (found(middle), found(worst), found(best)), level, method, _wilson_ends)


def _mean(
    design: AuditDesign,
    values: FloatArray,
    proxy: Proxy | None,
    imagined: float,
    spread: float,
    within: tuple[float, float],
) -> _Found:
    """The mean, helped by ``proxy``; ``imagined`` and ``spread`` are variances per row where little was seen."""
    rest, value, rows = values, 0.0, design.rows
    if proxy is not None:
        weight = _power(design, values, proxy.audited)
        rest, value = values - weight * proxy.audited, weight * proxy.total / rows
    value = float(np.clip(value + design.total(rest) / rows, *within))
    these = design.variance(rest, imagined) / rows**2
    like = design.spread(values - value * design.sizes) / rows**2
    return _Found(value, these, these + (like or spread / rows))


def _power(design: AuditDesign, values: FloatArray, proxy: FloatArray) -> float:
    """How much of the proxy to use: what makes the variance smallest, from 0 to 1."""
    alone = design.variance(proxy)
    return min(1.0, max(0.0, design.covariance(values, proxy) / alone)) if alone > 0 else 0.0


def _wilson_ends(found: _Found, variance: float, level: float, n: int) -> tuple[float, float]:
    if variance <= 0:
        return found.value, found.value
    spread = found.value * (1 - found.value)
    effective = spread / variance if spread > 0 else float(n)
    ends = wilson(found.value * effective, effective, level)
    return ends.low, ends.high


def _figure(
    design: AuditDesign,
    found: tuple[_Found, _Found, _Found],
    level: float,
    method: str,
    ends: Callable[[_Found, float, float, int], tuple[float, float]],
) -> AuditedFigure:
    """Both intervals out of the figure as it is, at worst and at best."""
    middle, worst, best = found
    n = len(design.sizes)

    def interval(variances: tuple[float, float]) -> Interval:
        at = _student(_reach(best.value - worst.value, max(variances), level), design.freedom)
        low = min(ends(worst, variances[0], at, n)[0], middle.value)
        high = max(ends(best, variances[1], at, n)[1], middle.value)
        return Interval(middle.value, low, high, round(design.rows), level, method)

    return AuditedFigure(
        interval((worst.like, best.like)), interval((worst.these, best.these)), worst.value, best.value, n
    )


def _reach(width: float, variance: float, level: float) -> float:
    """The level at which each end is taken, so that any truth between bounds ``width`` apart is held at ``level``."""
    if width <= 0 or variance <= 0:
        return level
    apart, low, high = width / sqrt(variance), _NORMAL.inv_cdf(level), _NORMAL.inv_cdf(0.5 + level / 2)
    for _ in range(40):
        middle = (low + high) / 2
        if _NORMAL.cdf(middle + apart) - _NORMAL.cdf(-middle) < level:
            low = middle
        else:
            high = middle
    return 2 * _NORMAL.cdf(high) - 1


def _student(level: float, freedom: float) -> float:
    """The level at which the normal distribution reaches as far as Student's t does at ``level``."""
    from scipy.special import stdtrit

    return min(2 * _NORMAL.cdf(float(stdtrit(freedom, 0.5 + level / 2))) - 1, 1 - 1e-12)
