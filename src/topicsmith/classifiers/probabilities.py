"""From scores to probabilities, and from probabilities to predictions."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.base import FloatArray, Predictions
from topicsmith.records import Prediction

_Float = TypeVar("_Float", bound=np.floating[Any])


def softmax(scores: "NDArray[_Float]") -> "NDArray[_Float]":
    """Rows of ``scores`` (texts, topics) as probabilities; a row with NaN stays NaN."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    probabilities: NDArray[_Float] = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities


def predictions(topics: Sequence[str], probabilities: FloatArray) -> Predictions:
    """The most probable topic of each row with its probability as confidence.

    A row that is not finite becomes a failure; its probabilities are then zeros.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(probabilities).all(axis=1))
    safe = np.where(finite[:, None], probabilities, 0.0)
    best = safe.argmax(axis=1) if len(safe) else np.zeros(0, dtype=np.int64)
    items = tuple(
        Prediction(topics[index], float(safe[row, index])) if finite[row] else Prediction(None, status="failed")
        for row, index in enumerate(best.tolist())
    )
    return Predictions(items, safe)


def fit_sharpness(scores: FloatArray, truth: NDArray[np.int64]) -> float:
    """The factor in [0.05, 50] by which ``scores`` are multiplied so that their softmax fits ``truth`` best.

    It is the inverse of the temperature of Guo et al. 2017, "On Calibration of Modern Neural Networks", found by
    minimising the negative log likelihood. The n rows stand for topics with a probability of 1 - 1/(n + 2) each, as in
    Platt 1999, "Probabilistic Outputs for Support Vector Machines": rows that are all right prove no certainty.
    """
    from scipy.optimize import minimize_scalar

    rows, doubt = np.arange(len(truth)), 1 / (len(truth) + 2)

    def loss(log_factor: float) -> float:
        scaled = scores * np.exp(log_factor)
        largest = scaled.max(axis=1)
        logs = scaled - (largest + np.log(np.exp(scaled - largest[:, None]).sum(axis=1)))[:, None]
        others = (logs.sum(axis=1) - logs[rows, truth]) / max(1, scores.shape[1] - 1)
        return float(-((1 - doubt) * logs[rows, truth] + doubt * others).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(50.0)), method="bounded")
    return float(np.exp(found.x))
