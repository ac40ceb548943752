"""Weighted labels: how far opinions speak for each topic, by what they say on all rows of those who hold them.

The scores are claims: they rank labels. What share of labels with a score is right, a person's audit tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from topicsmith.labels.dawid_skene import dawid_skene
from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.records import Label
from topicsmith.statistics.intervals import FloatArray
from topicsmith.statistics.kappa import Ratings
from topicsmith.statistics.score_calibration import ScoreCalibration, calibrate

FEWEST_JUDGED = 10
"""With fewer judged rows than this there is no confidence: it would be the same made-up figure for all rows."""


@dataclass(frozen=True)
class JudgedRow:
    """A row whose ``topic`` a person said; ``weight`` is how many rows it stands for."""

    topic: str
    weight: float


def weigh(texts: Sequence[str], ratings: Ratings, topics: int) -> FloatArray:
    """The score of each topic, from 0 to 1, of shape (rows, topics); a row's scores sum to 1.

    The annotators' answers, and the opinion of a classifier trained out of fold on the rows where all of them agree,
    are weighed against each other by Dawid and Skene's method. The classifier makes that possible for two annotators
    too, and is weighed like anybody: where texts tell little it counts for little.

    Args:
        texts: One text per row.
        ratings: The topic's number or -1, of shape (rows, annotators).
        topics: How many topics there are.
    """
    alike = np.all(ratings == ratings[:, :1], axis=1) & (ratings[:, 0] >= 0)
    opinions = out_of_fold(texts, np.where(alike, ratings[:, 0], -1).tolist(), topics)
    further = np.where(opinions.known, opinions.probabilities.argmax(axis=1), -1)
    return dawid_skene(np.column_stack([ratings, further]), topics).probabilities


def score_calibration(labels: Sequence[Label], judged: Mapping[str, JudgedRow]) -> ScoreCalibration | None:
    """How probable weighted labels are right at each score, by the rows that a person ``judged``, by query.

    Returns:
        ``None`` with fewer than :data:`FEWEST_JUDGED` judged rows among those that have scores.
    """
    rows = [label for label in labels if label.probabilities is not None and label.query_id in judged]
    if len(rows) < FEWEST_JUDGED:
        return None
    right = [label.topic == judged[label.query_id].topic for label in rows]
    weights = [judged[label.query_id].weight for label in rows]
    return calibrate(*_scores(rows), np.asarray(right, dtype=np.float64), np.asarray(weights, dtype=np.float64))


def with_confidence(labels: Sequence[Label], calibration: ScoreCalibration | None) -> list[Label]:
    """``labels`` with the confidence that ``calibration`` makes of the scores of weighted labels."""
    scored = [label for label in labels if label.probabilities is not None]
    if calibration is None or not scored:
        return list(labels)
    found = calibration.probability(*_scores(scored))
    confident = {label.query_id: float(value) for label, value in zip(scored, found, strict=True)}
    return [
        replace(label, confidence=confident[label.query_id]) if label.query_id in confident else label
        for label in labels
    ]


def _scores(labels: Sequence[Label]) -> tuple[FloatArray, NDArray[np.bool_]]:
    scores = np.asarray([label.score for label in labels], dtype=np.float64)
    return scores, np.asarray([label.origin == "agreed" for label in labels], dtype=np.bool_)
