"""How near texts are to what is known: their nearest labelled training rows, and what of that is usual."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.statistics.intervals import FloatArray

NEAREST, NEAREST_OF_MANY, MANY = 5, 10, 5000
"""How many nearest rows are looked at: more where there are many, so that one alike by chance does not tell."""

FAR = 0.05
"""A row is far where it is less near than all but this share of the held-out rows."""

MOST_KNOWN = 20_000
"""Training rows beyond which some are drawn: more hardly tell more, and every row is compared with each of them."""

_OWN = 0.5
_BLOCK = 512
_START, _END = 0.2, 0.01


@dataclass(frozen=True)
class KnownVectors:
    """Training rows, ``vectors`` about their ``centre``, of length one; ``closeness`` is how near each is to others."""

    centre: NDArray[np.float32]
    vectors: Vectors
    closeness: FloatArray
    neighbours: int

    def nearness(self, vectors: Vectors) -> FloatArray:
        """The mean cosine of each row to its nearest known rows, less half of how near these are to theirs.

        Without the second part rows of topics whose texts are much alike would never be far, and rows of topics whose
        texts are not would often be. Cosines are about the centre of the known rows.
        """
        similar, which = _nearest(unit(vectors - self.centre), self.vectors, self.neighbours)
        found: FloatArray = similar.mean(axis=1) - _OWN * self.closeness[which].mean(axis=1)
        return found


def known_rows(vectors: Vectors, seed: int = 13) -> KnownVectors:
    """What is known, from the vectors of labelled training rows, of which there are more than :data:`NEAREST`."""
    neighbours = NEAREST_OF_MANY if len(vectors) >= MANY else NEAREST
    if len(vectors) > MOST_KNOWN:
        vectors = vectors[np.sort(np.random.default_rng(seed).permutation(len(vectors))[:MOST_KNOWN])]
    centre = vectors.mean(axis=0)
    about = unit(vectors - centre)
    similar, _ = _nearest(about, about, neighbours + 1)
    others = np.sort(similar, axis=1)[:, :-1]  # without the row itself
    return KnownVectors(centre, about, others.mean(axis=1, dtype=np.float64), neighbours)


def _nearest(rows: Vectors, known: Vectors, count: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """The ``count`` largest cosines of each row, in any order, and the known rows that have them."""
    similar, which = np.empty((len(rows), count)), np.empty((len(rows), count), np.int64)
    for start in range(0, len(rows), _BLOCK):
        cosines = rows[start : start + _BLOCK] @ known.T
        best = np.argpartition(cosines, -count, axis=1)[:, -count:]
        which[start : start + _BLOCK] = best
        similar[start : start + _BLOCK] = np.take_along_axis(cosines, best, axis=1)
    return similar, which


@dataclass(frozen=True)
class Usual:
    """What nearness is usual: that of held-out rows, ``ordered`` from the farthest."""

    ordered: FloatArray

    def rank(self, nearness: FloatArray) -> FloatArray:
        """The share of the held-out rows that are as far or farther, the row itself counted among them."""
        found: FloatArray = (np.searchsorted(self.ordered, nearness, side="right") + 1) / (len(self.ordered) + 1)
        return found

    def far(self, nearness: FloatArray) -> NDArray[np.bool_]:
        """Which rows are far: as :data:`FAR` of the held-out rows are."""
        found: NDArray[np.bool_] = self.rank(nearness) <= FAR
        return found

    def strangeness(self, nearness: FloatArray) -> FloatArray:
        """How strange each row is, from 0 to 1.

        0 for a row that is nearer than the farthest fifth of the held-out rows, 1 for one that is farther than 99 % of
        them, by the logarithm of the rank between.
        """
        steep = np.log(_START / _END)
        found: FloatArray = np.clip(np.log(_START / self.rank(nearness)) / steep, 0.0, 1.0)
        return found


def usual(nearness: FloatArray) -> Usual:
    """The scale on which rows are judged, from the nearness of held-out rows."""
    return Usual(np.sort(nearness))
