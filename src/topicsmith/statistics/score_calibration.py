"""Probabilities made of scores: logistic calibration on rows that a person judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray

_HIGHEST = 1 - 1e-6
_PRIOR_ROWS = 10.0
"""Imagined rows that say that the score tells nothing, against which the judged rows speak."""


@dataclass(frozen=True)
class ScoreCalibration:
    """``1 / (1 + exp(-(intercept + slope * logit(score) + offset)))`` is how probable a topic with the score is right.

    ``offset`` counts only where all annotators say the same: such rows are right more or less often than scores let one
    expect, by what the annotators share. It rests on ``judged`` rows; ``claimed`` is the mean score and ``right`` the
    share of right rows, both of all the rows that the judged ones stand for.
    """

    intercept: float
    slope: float
    offset: float
    judged: int
    claimed: float
    right: float

    def probability(self, scores: FloatArray, alike: NDArray[np.bool_]) -> FloatArray:
        """How probable topics with ``scores`` are right, of shape (rows,); ``alike`` where all annotators agree."""
        logits = self.intercept + self.slope * _logit(scores) + self.offset * alike
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def calibrate(scores: FloatArray, alike: NDArray[np.bool_], right: FloatArray, weights: FloatArray) -> ScoreCalibration:
    """Fit how probable a score is right.

    The likelihood is weighted by how many rows each judged row stands for, scaled so that the weights count for as
    many rows as they are worth (Kish). Slope and offset are pulled towards 0, all rows alike, by as much as ten rows
    say; a slope that would turn the order of scores round is 0. With few rows every probability is near the mean
    share of right rows, which itself has half a right and half a wrong row added.

    Args:
        scores: from 0 to 1, of shape (rows,).
        alike: whether all annotators say the same, of shape (rows,).
        right: 1 where the person agrees, else 0, of shape (rows,).
        weights: how many rows each stands for, above 0, of shape (rows,).

    Raises:
        ValueError: when there is no row, or the shapes differ.

    Sources: J. Platt 1999, "Probabilistic outputs for support vector machines"; on the logit of a claimed probability
    it is the form of M. Kull, T. Silva Filho and P. Flach 2017, AISTATS, with one slope. What error remains where
    annotators share errors is measured in ``benchmarks/dependence.py``.
    """
    if not len(scores) or not scores.shape == alike.shape == right.shape == weights.shape:
        shapes = ", ".join(str(each.shape) for each in (scores, alike, right, weights))
        raise ValueError(f"calibration needs rows of one shape, not {shapes}")
    share = weights / weights.sum()
    counted = share / float((share**2).sum())  # sums to the effective number of rows
    features = np.column_stack([_logit(scores), alike.astype(np.float64)])
    centre = share @ features
    spread = np.sqrt(share @ (features - centre) ** 2)
    spread[spread < 1e-6] = np.inf  # a feature that is the same on all judged rows tells nothing
    # Half a row each way, at the mean, keeps the fit finite where all are right or all wrong.
    design = np.column_stack([np.ones(len(scores) + 2), np.vstack([(features - centre) / spread, np.zeros((2, 2))])])
    hits = np.concatenate([right.astype(np.float64), [1.0, 0.0]])
    counted = np.concatenate([counted, [0.5, 0.5]])
    mean = float(counted @ hits / counted.sum())
    penalty = np.array([0.0, 1.0, 1.0]) * _PRIOR_ROWS * mean * (1 - mean)
    beta = _newton(design, hits, counted, penalty)
    if beta[1] < 0:
        design[:, 1] = 0.0
        beta = _newton(design, hits, counted, penalty)
    slopes = beta[1:] / spread
    return ScoreCalibration(
        float(beta[0] - slopes @ centre), float(slopes[0]), float(slopes[1]),
        len(scores), float(share @ scores), float(share @ right),
    )  # fmt: skip


def _newton(design: FloatArray, hits: FloatArray, counted: FloatArray, penalty: FloatArray) -> FloatArray:
    """Coefficients of the penalised logistic regression; steps are halved while they make it worse."""

    def loss(beta: FloatArray) -> float:
        logits = design @ beta
        return float(counted @ (np.logaddexp(0, logits) - hits * logits) + penalty @ beta**2 / 2)

    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(design @ beta)))
        slope = design.T @ (counted * (chance - hits)) + penalty * beta
        curvature = (design.T * (counted * chance * (1 - chance))) @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, slope)
        while loss(beta - step) > loss(beta) and float(np.abs(step).max()) > 1e-10:
            step = step / 2
        beta = beta - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(beta, dtype=np.float64)


def _logit(scores: FloatArray) -> FloatArray:
    inside = np.clip(scores, 1 - _HIGHEST, _HIGHEST)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
