"""How probably a member's answer is right: its confidence, calibrated, for the stated share of the catch-all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray, Predictions
from topicsmith.classifiers.cascade.bounds import BoolArray

_PRIOR = 0.01
_SUREST = 1e-12
_EXTREME = 30.0


@dataclass(frozen=True)
class Gate:
    """What turns the confidence of one member into the probability that it is right.

    The log odds of a confidence are multiplied by ``slope``, which is above 0, and ``offset`` is added (Platt 1999).
    ``odds`` is by how much the odds of the catch-all are greater among the texts to come than they were among the
    validation rows; it is fixed, so that a text is answered alike alone and in company.
    """

    slope: float = 1.0
    offset: float = 0.0
    odds: float = 1.0

    def sure(self, found: Predictions, topics: Sequence[str], catch_all: str | None) -> FloatArray:
        """How probably each answer is right, (texts,); -1 where there is no answer, or none with a confidence."""
        stated = confidences(found, topics, catch_all, self.odds)
        probability = 1 / (1 + np.exp(-np.clip(self.slope * _log_odds(stated) + self.offset, -_EXTREME, _EXTREME)))
        return np.where(stated >= 0, probability, -1.0)


def confidences(found: Predictions, topics: Sequence[str], catch_all: str | None, odds: float) -> FloatArray:
    """The confidence of each answer, (texts,), -1 where there is none.

    Where ``odds`` is not 1 and the member gives the catch-all a probability, by Bayes' rule at other odds of it, as
    Saerens, Latinne, Decaestecker 2002 correct them; the answers stay as they are.
    """
    usable = [item.confidence if item.topic is not None and item.status == "ok" else None for item in found]
    stated = np.array([-1.0 if each is None or not np.isfinite(each) else each for each in usable])
    if odds == 1.0 or found.probabilities is None or catch_all is None or catch_all not in topics:
        return stated
    outside = np.clip(found.probabilities.T[list(topics).index(catch_all)], 0.0, 1.0)
    is_outside = np.array([item.topic == catch_all for item in found], np.bool_)
    return np.where(stated < 0, -1.0, stated * np.where(is_outside, odds, 1.0) / (1 + outside * (odds - 1)))


def calibrated(stated: FloatArray, right: BoolArray, odds: float) -> Gate:
    """The gate whose probabilities fit best which of the answers with a confidence are ``right``; all are (rows,).

    A weak pull towards the confidence as it stands keeps it finite where all are right, or none.
    """
    from scipy.optimize import minimize

    given = stated >= 0
    scores, truth = _log_odds(stated[given]), right[given]

    def loss(parameters: FloatArray) -> float:
        log_slope, offset = parameters
        logit = np.exp(np.clip(log_slope, -5, 5)) * scores + offset
        fit = np.logaddexp(0.0, np.where(truth, -logit, logit)).mean() if len(scores) else 0.0
        return float(fit + _PRIOR * (log_slope**2 + offset**2))

    log_slope, offset = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return Gate(float(np.exp(np.clip(log_slope, -5, 5))), float(offset), odds)


def _log_odds(stated: FloatArray) -> FloatArray:
    kept = np.clip(stated, _SUREST, 1 - _SUREST)
    odds: FloatArray = np.log(kept) - np.log1p(-kept)
    return odds
