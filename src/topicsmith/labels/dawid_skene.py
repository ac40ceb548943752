"""How reliable each annotator is, from nothing but what they say of the same queries (Dawid and Skene)."""

from dataclasses import dataclass

import numpy as np

from topicsmith.statistics.intervals import FloatArray
from topicsmith.statistics.kappa import Ratings


@dataclass(frozen=True)
class AnnotatorReliability:
    """What expectation-maximisation came to.

    ``probabilities`` has shape (rows, topics): how probable each topic is given the answers, if annotators err
    independently of each other. Where they share errors, it is too sure of itself. ``accuracies`` is each annotator's
    share of right answers under those probabilities; ``confusion`` has shape (annotators, true topic, answer).
    """

    probabilities: FloatArray
    accuracies: tuple[float, ...]
    confusion: FloatArray
    steps: int


def dawid_skene(ratings: Ratings, topics: int, steps: int = 100, tolerance: float = 1e-4) -> AnnotatorReliability:
    """Interval topics and annotators' confusion matrices together.

    Starts at the shares of votes. Each row of a confusion matrix starts out with one imagined right answer and a
    hundredth of an imagined wrong one per topic, so that topics nobody named keep a defined row.

    Args:
        ratings: The topic's number or -1, of shape (rows, annotators).
        topics: How many topics there are.
        steps: At most so many rounds.
        tolerance: Stop when no probability moves further than this.

    Source: A. P. Dawid and A. M. Skene 1979, Applied Statistics 28, 20-28.
    """
    rows, back, counts = np.unique(ratings, axis=0, return_inverse=True, return_counts=True)
    weights = counts.astype(np.float64)
    given = [np.asarray(column[:, None] == np.arange(topics), dtype=np.float64) for column in rows.T]
    votes = sum(given, np.zeros((len(rows), topics)))
    probabilities = (votes + 1e-9) / (votes + 1e-9).sum(axis=1, keepdims=True)
    done = 0
    for _ in range(steps):
        done += 1
        confusion = _confusion(probabilities * weights[:, None], given, topics)
        updated = _expect(probabilities, weights, rows, confusion)
        moved = float(np.abs(updated - probabilities).max()) if len(rows) else 0.0
        probabilities = updated
        if moved < tolerance:
            break
    confusion = _confusion(probabilities * weights[:, None], given, topics)
    accuracies = []
    for answers in given:
        total = float(weights @ answers.sum(axis=1))
        right = float(weights @ (answers * probabilities).sum(axis=1))
        accuracies.append(right / total if total else float("nan"))
    return AnnotatorReliability(probabilities[back.reshape(-1)], tuple(accuracies), confusion, done)


def _confusion(expected: FloatArray, given: list[FloatArray], topics: int) -> FloatArray:
    """How each annotator answers for each true topic, rows summing to 1."""
    counts = np.stack([expected.T @ answers for answers in given]) + 0.01
    counts += np.eye(topics)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True), dtype=np.float64)


def _expect(probabilities: FloatArray, weights: FloatArray, rows: Ratings, confusion: FloatArray) -> FloatArray:
    """The topics' probabilities given the answers and how the annotators answer."""
    prevalence = weights @ probabilities + 1
    likelihood = np.repeat(np.log(prevalence / prevalence.sum())[None], len(rows), axis=0)
    for column, matrix in zip(rows.T, confusion, strict=True):
        said = column >= 0
        likelihood[said] += np.log(matrix[:, column[said]]).T
    likelihood -= likelihood.max(axis=1, keepdims=True)
    updated = np.exp(likelihood)
    return np.asarray(updated / updated.sum(axis=1, keepdims=True), dtype=np.float64)
