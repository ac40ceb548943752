"""Which topics a classifier's confusion lets one correct: those with judged rows, and told apart from the others."""

from dataclasses import dataclass

import numpy as np

from topicsmith.shares.estimators import likelihood
from topicsmith.statistics.intervals import FloatArray, IntArray

FEWEST_JUDGED = 5
"""Judged groups of a topic below which nothing is said of how its rows are answered."""

NEAR = 0.1
"""Two topics are not told apart where their answers differ on less than this share of rows (total variation), or where
the confusion's smallest singular value, by which errors in the counts are multiplied, lies below it."""


@dataclass(frozen=True)
class Correctable:
    """``classes`` are the topics whose shares can be corrected, each alone or together with those it is mixed up with.

    ``unjudged`` are topics about whose answers too little is known: their rows are counted as answered. Nothing can be
    corrected where fewer than two classes are left.
    """

    classes: tuple[tuple[int, ...], ...]
    unjudged: tuple[int, ...]

    @property
    def possible(self) -> bool:
        """Whether there is anything to correct."""
        return len(self.classes) > 1

    def merge(self, by_topic: FloatArray) -> FloatArray:
        """The sums over each class of an array of shape (..., topics, any), of shape (..., classes, any)."""
        return np.stack([by_topic[..., list(members), :].sum(axis=-2) for members in self.classes], axis=-2)


def imagined(confusion: FloatArray) -> FloatArray:
    """One right row for each topic that no judged row was answered with: rows answered with it are not impossible.

    Args:
        confusion: judged rows by true topic and output, of shape (..., topics, outputs).
    """
    topics = confusion.shape[-2]
    added = np.zeros_like(confusion)
    diagonal = np.arange(topics)
    added[..., diagonal, diagonal] = confusion.sum(axis=-2)[..., :topics] == 0
    return added


def correctable(confusion: FloatArray, judged: IntArray) -> Correctable:
    """What can be corrected.

    Args:
        confusion: judged rows by true topic and output, of shape (topics, outputs), the last output being no answer.
        judged: how many groups of near-copies were judged, by true topic.
    """
    topics = len(confusion)
    few = judged < FEWEST_JUDGED
    elsewhere = confusion[:, [*np.flatnonzero(~few), topics]].sum(axis=1) == 0  # answered with such topics only
    unjudged = tuple(int(k) for k in np.flatnonzero(few | elsewhere))
    outputs = [j for j in range(topics + 1) if j not in unjudged]
    classes: list[tuple[int, ...]] = [(k,) for k in range(topics) if k not in unjudged]
    while len(classes) > 1:
        probable = likelihood(np.array([confusion[list(members)][:, outputs].sum(axis=0) for members in classes]))
        pair = _inseparable(probable)
        if pair is None:
            break
        first, second = sorted(pair)
        joined = tuple(sorted(classes[first] + classes[second]))
        classes = [*(c for at, c in enumerate(classes) if at not in pair), joined]
    return Correctable(tuple(sorted(classes)), unjudged)


def _inseparable(probable: FloatArray) -> tuple[int, int] | None:
    """The two classes that are least told apart, if they, or classes taken together, are too alike to correct."""
    apart = np.abs(probable[:, None, :] - probable[None, :, :]).sum(axis=2) / 2
    np.fill_diagonal(apart, np.inf)
    smallest = float(np.linalg.svd(probable, compute_uv=False)[-1])
    if apart.min() >= NEAR and smallest >= NEAR:
        return None
    first, second = np.unravel_index(int(apart.argmin()), apart.shape)
    return int(first), int(second)
