"""How far confidences can be believed, and mending them on validation rows: temperature and isotonic regression."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.clusters import clustered_share, weighted_share
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, Resamples

BINS = 15
DRAWS_OF_GAP = 500
SURE_GAP = 2.5
"""Spreads from which on a bin's gap is no work of chance."""
ECE_METHOD = "bootstrap by group, less chance"
COLDEST, HOTTEST = 0.05, 20.0  # on rows that are all right the likelihood has no optimum: it runs off to zero
_TINY = 1e-12


@dataclass(frozen=True)
class Bin:
    """The rows whose confidence lies in (low, high]: how sure the classifier was, and how often it was right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True)
class ReliabilityCurve:
    """How far confidences are off: the expected calibration error and the bins behind it.

    ``plain`` is the mean gap between confidence and accuracy, by row; chance alone adds to it in few rows.
    ``if_calibrated`` is what it would be on average if every confidence were exactly right. ``ece`` is the gap without
    what chance adds, its interval a bootstrap's by near-copy group.
    """

    ece: Interval
    plain: float
    if_calibrated: float
    n: int
    bins: tuple[Bin, ...]


def reliability(
    confidences: Sequence[float] | FloatArray,
    right: NDArray[np.bool_],
    groups: IntArray | None = None,
    weights: FloatArray | None = None,
    bins: int = BINS,
) -> ReliabilityCurve:
    """Compare stated confidence with the share that was right, in bins of equal width; empty bins are left out.

    Args:
        confidences: shape (rows,).
        right: shape (rows,).
        groups: near-copies, as :func:`topicsmith.statistics.clusters.group_codes` gives them; without, none are.
        weights: how many rows each one stands for; without, one each.
        bins: how many.

    Sources: Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks", equations 2, 3 and 5; that
    the plain figure is too large in few rows, and is to be corrected by its squares, is Kumar, Liang, Ma 2019,
    "Verified uncertainty calibration", and Roelofs, Cain, Shlens, Mozer 2022, "Mitigating bias in calibration error
    estimation".
    """
    sure = np.asarray(confidences, dtype=float)
    n = len(sure)
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    near = np.arange(n) if groups is None else groups
    weight = np.ones(n) if weights is None else weights
    found = []
    for index in np.unique(place):
        inside = place == index
        share = clustered_share(right[inside], near[inside])
        if weights is not None:
            share = weighted_share(right[inside], weight[inside])
        stated = float(np.average(sure[inside], weights=weight[inside]))
        found.append(Bin(index / bins, (index + 1) / bins, int(inside.sum()), stated, share))
    off = np.abs(np.bincount(place, weights=weight * (right - sure))).sum() if n else 0.0
    plain = float(off / weight.sum()) if n else 0.0
    gap = _gap(sure, right, place, near, weight)
    return ReliabilityCurve(gap, plain, _floor(sure, place, weight), n, tuple(found))


def _gap(
    sure: FloatArray, right: NDArray[np.bool_], place: IntArray, groups: IntArray, weights: FloatArray
) -> Interval:
    n = len(sure)
    if not n:
        return Interval(0.0, 0.0, 1.0, 0, method=ECE_METHOD)
    used = np.unique(place)
    off = np.where(place[:, None] == used, (weights * (right - sure))[:, None], 0.0)
    columns = np.column_stack([off, weights])

    sums = Resamples([str(code) for code in groups], draws=DRAWS_OF_GAP).totals(columns)
    own = columns.sum(axis=0)
    calibrated = np.sqrt(np.bincount(place, weights=weights**2 * sure * (1 - sure))[used])
    spreads = np.maximum(sums[:, :-1].std(axis=0), calibrated)  # rows that are all right vary in no sample of them
    doubtful = np.abs(own[:-1]) < SURE_GAP * spreads  # elsewhere chance moves a gap, but makes none
    chance = _mean_chance(spreads[doubtful], float(weights.sum()))

    def less_chance(totals: FloatArray, times: float) -> FloatArray:
        gaps = np.abs(totals[:, :-1]) / totals[:, -1:]
        small = gaps[:, doubtful].sum(axis=1)
        return np.asarray(
            gaps[:, ~doubtful].sum(axis=1) + np.sqrt(np.maximum(0.0, small**2 - times * chance**2)), dtype=float
        )

    value = float(less_chance(own[None], 1.0)[0])
    drawn = less_chance(sums, 2.0)  # a sample of a sample has chance in it twice
    low, high = (float(q) for q in np.quantile(drawn, [0.025, 0.975]))
    return Interval(value, min(value, low), max(value, min(1.0, high)), n, method=ECE_METHOD)


def _mean_chance(spreads: FloatArray, total: float) -> float:
    """The mean gap that chance alone makes: a normal's absolute value is sqrt(2 / pi) of its spread on average."""
    return float(np.sqrt(2 / np.pi) * spreads.sum() / total)


def _floor(sure: FloatArray, place: IntArray, weights: FloatArray) -> float:
    """The gap that chance alone makes on average if every confidence is exactly right."""
    if not len(sure):
        return 0.0
    return _mean_chance(np.sqrt(np.bincount(place, weights=weights**2 * sure * (1 - sure))), float(weights.sum()))


@dataclass(frozen=True)
class Temperature:
    """Divides log-probabilities by ``value``: above 1 makes a classifier less sure; its topics stay the same."""

    value: float

    def apply(self, probabilities: FloatArray) -> FloatArray:
        """The mended probabilities, of the same shape (rows, topics)."""
        scaled = np.log(np.clip(probabilities, _TINY, None)) / self.value
        scaled -= scaled.max(axis=1, keepdims=True)
        weights = np.exp(scaled)
        mended: FloatArray = weights / weights.sum(axis=1, keepdims=True)
        return mended

    def apply_to_confidence(self, confidences: Sequence[float] | FloatArray) -> FloatArray:
        """Mend confidences alone, as probabilities of being right against being wrong."""
        return self.apply(_right_or_wrong(confidences))[:, 1]


def fit_temperature(probabilities: FloatArray, truth: IntArray) -> Temperature:
    """The temperature that makes the true topics most likely.

    Args:
        probabilities: of validation rows, shape (rows, topics).
        truth: the true topic of each row, as a column number.

    Source: Guo et al. 2017, section 4.2. Kept between 0.05 and 20.
    """
    from scipy.optimize import minimize_scalar

    logs = np.log(np.clip(probabilities, _TINY, None))
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        scaled = logs / np.exp(log_temperature)
        top = scaled.max(axis=1, keepdims=True)
        normaliser = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float((normaliser - scaled[rows, truth]).mean())

    best = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-6})
    return Temperature(float(np.exp(best.x)))


@dataclass(frozen=True)
class Platt:
    """A line on the log-odds of a confidence: ``slope`` makes it more or less sure, ``intercept`` moves it across 0.5.

    With many topics a classifier may state .07 and be right nine times in ten; no temperature mends that, as it leaves
    what is below 0.5 there.
    """

    slope: float
    intercept: float

    def apply(self, confidences: Sequence[float] | FloatArray) -> FloatArray:
        """The mended confidences, in order."""
        scaled = self.slope * _log_odds(confidences) + self.intercept
        mended: FloatArray = 1 / (1 + np.exp(-scaled))
        return mended


def fit_platt(
    confidences: Sequence[float] | FloatArray, right: NDArray[np.bool_], weights: FloatArray | None = None
) -> Platt:
    """The line that makes being right or wrong most likely; for fewer rows than isotonic regression wants.

    Of r right and w wrong rows each stands for (r + 1)/(r + 2) and 1/(w + 2), so that rows that are all right prove no
    certainty. The slope is never negative: a surer answer is not less right.

    Source: Platt 1999, "Probabilistic outputs for support vector machines and comparisons to regularized likelihood
    methods", section 2.2.
    """
    from scipy.optimize import minimize

    weight = np.ones(len(right)) if weights is None else weights * len(right) / weights.sum()
    rights = float(weight[right].sum())
    wanted = np.where(right, (rights + 1) / (rights + 2), 1 / (len(right) - rights + 2))
    odds = _log_odds(confidences)

    def loss(line: FloatArray) -> tuple[float, FloatArray]:
        scaled = line[0] * odds + line[1]
        off = weight * (1 / (1 + np.exp(-scaled)) - wanted)
        value = (weight * (np.logaddexp(0, scaled) - wanted * scaled)).mean()
        return float(value), np.array([(off * odds).mean(), off.mean()])

    best = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.0, 20.0), (-30.0, 30.0)])
    return Platt(float(best.x[0]), float(best.x[1]))


@dataclass(frozen=True)
class Isotonic:
    """A rising step curve from stated to mended confidence, straight between ``stated`` points."""

    stated: tuple[float, ...]
    mended: tuple[float, ...]

    def apply(self, confidences: Sequence[float] | FloatArray) -> FloatArray:
        """The mended confidences; outside the range seen when fitting, those of its ends."""
        curve: FloatArray = np.interp(np.asarray(confidences, dtype=float), self.stated, self.mended)
        return curve


def fit_isotonic(
    confidences: Sequence[float] | FloatArray, right: NDArray[np.bool_], weights: FloatArray | None = None
) -> Isotonic:
    """The rising curve closest to what was right on validation rows; wants some hundreds of rows.

    Source: Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability estimates".
    """
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(np.asarray(confidences, dtype=float), right.astype(float), sample_weight=weights)
    return Isotonic(
        tuple(float(x) for x in curve.X_thresholds_), tuple(float(y) for y in curve.y_thresholds_)
    )  # fmt: skip


def _right_or_wrong(confidences: Sequence[float] | FloatArray) -> FloatArray:
    sure = np.clip(np.asarray(confidences, dtype=float), _TINY, 1 - 1e-9)
    return np.stack([1 - sure, sure], axis=1)


def _log_odds(confidences: Sequence[float] | FloatArray) -> FloatArray:
    sure = _right_or_wrong(confidences)[:, 1]
    odds: FloatArray = np.log(sure) - np.log1p(-sure)
    return odds
