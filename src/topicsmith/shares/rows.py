"""Rows as numbers: what the classifier answered, what is known to be true, and which rows are near-copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.clusters import effective_rows, group_codes
from topicsmith.statistics.intervals import FloatArray, IntArray

UNKNOWN = -1
"""The truth of a row that nobody told."""


@dataclass(frozen=True)
class ShareRows:
    """Rows as codes, each array of shape (rows,).

    ``predicted`` is the number of the topic the classifier answered, and the number of topics where it gave no answer:
    an output of its own. ``truth`` is the number of the true topic or :data:`UNKNOWN`. Rows of one number in
    ``groups`` are near-copies. ``strata`` is set where the rows with a known truth were drawn apart from each stratum,
    and ``weights`` where they were drawn with unequal chances: how many rows each stands for.
    """

    predicted: IntArray
    truth: IntArray
    groups: IntArray
    topics: int
    strata: IntArray | None = None
    weights: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.predicted)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a known truth."""
        told: NDArray[np.bool_] = self.truth != UNKNOWN
        return told

    @property
    def outputs(self) -> int:
        """How many different answers there are: every topic, and none."""
        return self.topics + 1

    @property
    def effective(self) -> float:
        """How many strangers tell as much, near-copies counted as if they were all answered alike."""
        return effective_rows(np.bincount(self.groups)) if len(self) else 0.0

    def taken(self, chosen: NDArray[np.bool_] | IntArray) -> "ShareRows":
        """Some of the rows."""
        strata = None if self.strata is None else self.strata[chosen]
        weights = None if self.weights is None else self.weights[chosen]
        return ShareRows(self.predicted[chosen], self.truth[chosen], self.groups[chosen], self.topics, strata, weights)

    def without_truth(self) -> "ShareRows":
        """The same rows, as if nobody had told the truth of any."""
        return ShareRows(self.predicted, np.full(len(self), UNKNOWN), self.groups, self.topics)

    def counts(self) -> IntArray:
        """How many rows of each predicted output, of shape (outputs,)."""
        return np.bincount(self.predicted, minlength=self.outputs)

    def cells(self) -> IntArray:
        """Each row's truth and output as one number, unknown truth first; there are (topics + 1) * outputs."""
        return (self.truth + 1) * self.outputs + self.predicted

    def by_cell(self) -> IntArray:
        """How many rows of each truth and output, of shape (topics + 1, outputs); the first row is unknown truth."""
        size = (self.topics + 1) * self.outputs
        return np.bincount(self.cells(), minlength=size).reshape(self.topics + 1, self.outputs)

    def first_of_groups(self) -> "ShareRows":
        """One row of each group of near-copies, the first."""
        return self.taken(np.unique(self.groups, return_index=True)[1])


def share_rows(
    topics: Sequence[str],
    predicted: Sequence[str | None],
    truth: Sequence[str | None] | None = None,
    groups: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
    weights: Sequence[float] | None = None,
) -> ShareRows:
    """Rows from names of topics; without ``groups`` no row has a near-copy.

    >>> share_rows(["a", "b"], ["b", None], ["a", None]).cells().tolist()
    [4, 2]
    """
    code: Mapping[str | None, int] = {topic: number for number, topic in enumerate(topics)}
    n = len(predicted)
    return ShareRows(
        np.array([code.get(topic, len(topics)) for topic in predicted], dtype=np.int64),
        np.array([code.get(topic, UNKNOWN) for topic in truth or [None] * n], dtype=np.int64),
        np.arange(n) if groups is None else group_codes(groups),
        len(topics),
        None if strata is None else group_codes(strata),
        None if weights is None else np.array(weights, dtype=float),
    )


def confusion(rows: ShareRows) -> FloatArray:
    """How often each true topic got each answer, of shape (topics, outputs), over the rows with a known truth."""
    return rows.by_cell()[1:].astype(float)
