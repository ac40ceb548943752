"""How far confidences can be believed, and mending them on validation rows: temperature and isotonic regression."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

BINS = 15
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
    """The expected calibration error (mean gap between confidence and accuracy, by row) and the bins behind it."""

    ece: float
    n: int
    bins: tuple[Bin, ...]


def reliability(
    confidences: Sequence[float] | FloatArray, right: NDArray[np.bool_], bins: int = BINS
) -> ReliabilityCurve:
    """Compare stated confidence with the share that was right, in bins of equal width; empty bins are left out.

    Source: Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks", equations 2, 3 and 5.
    """
    sure = np.asarray(confidences, dtype=float)
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    found = []
    for index in range(bins):
        inside = place == index
        n = int(inside.sum())
        if n:
            accuracy = wilson(int(right[inside].sum()), n)
            found.append(Bin(index / bins, (index + 1) / bins, n, float(sure[inside].mean()), accuracy))
    gap = sum(each.n * abs(each.accuracy.value - each.confidence) for each in found)
    return ReliabilityCurve(gap / len(sure) if len(sure) else 0.0, len(sure), tuple(found))


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


def fit_confidence_temperature(confidences: Sequence[float] | FloatArray, right: NDArray[np.bool_]) -> Temperature:
    """The temperature for classifiers that give only a confidence, from being right or wrong on validation rows.

    Of r right and w wrong rows each stands for (r + 1)/(r + 2) and 1/(w + 2), so that rows that are all right prove no
    certainty.

    Source: Platt 1999, "Probabilistic outputs for support vector machines and comparisons to regularized likelihood
    methods", section 2.2.
    """
    from scipy.optimize import minimize_scalar

    rights = int(right.sum())
    wanted = np.where(right, (rights + 1) / (rights + 2), 1 / (len(right) - rights + 2))
    sure = _right_or_wrong(confidences)[:, 1]
    odds = np.log(sure) - np.log1p(-sure)

    def loss(log_temperature: float) -> float:
        scaled = odds / np.exp(log_temperature)
        return float((np.logaddexp(0, scaled) - wanted * scaled).mean())

    best = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-6})
    return Temperature(float(np.exp(best.x)))


@dataclass(frozen=True)
class Isotonic:
    """A rising step curve from stated to mended confidence, straight between ``stated`` points."""

    stated: tuple[float, ...]
    mended: tuple[float, ...]

    def apply(self, confidences: Sequence[float] | FloatArray) -> FloatArray:
        """The mended confidences; outside the range seen when fitting, those of its ends."""
        curve: FloatArray = np.interp(np.asarray(confidences, dtype=float), self.stated, self.mended)
        return curve


def fit_isotonic(confidences: Sequence[float] | FloatArray, right: NDArray[np.bool_]) -> Isotonic:
    """The rising curve closest to what was right on validation rows; wants some hundreds of rows.

    Source: Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability estimates".
    """
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(np.asarray(confidences, dtype=float), right.astype(float))
    return Isotonic(
        tuple(float(x) for x in curve.X_thresholds_), tuple(float(y) for y in curve.y_thresholds_)
    )  # fmt: skip


def _right_or_wrong(confidences: Sequence[float] | FloatArray) -> FloatArray:
    sure = np.clip(np.asarray(confidences, dtype=float), _TINY, 1 - 1e-9)
    return np.stack([1 - sure, sure], axis=1)
