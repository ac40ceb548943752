"""The space in which rows are linked: what varies within known topics counts little there."""

from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.training_targets import IntArray

_SHRINK, _SHRINK_FEW = 0.3, 0.6
_FEW = 20


@dataclass(frozen=True)
class TopicSpace:
    """Vectors less ``centre`` (width,), turned by ``turn`` (width, width) and scaled to length one."""

    centre: Vectors
    turn: Vectors | None

    @classmethod
    def of(cls, vectors: Vectors, topics: IntArray) -> "TopicSpace":
        """Whitened by the covariance within topics, which is shrunk towards a multiple of the identity.

        It is the more, the fewer rows a topic has, in the middle. Without repeated topics nothing can be learnt.
        """
        present, place, counts = np.unique(topics, return_inverse=True, return_counts=True)
        if not len(present) or len(topics) < 2 * len(present):
            return cls.untold(vectors)
        centres = np.zeros((len(present), vectors.shape[1]))
        np.add.at(centres, place, vectors)
        apart = vectors - (centres / counts[:, None])[place]
        covariance = apart.T @ apart / max(1, len(vectors) - len(present))
        shrink = _SHRINK if np.median(counts) >= _FEW else _SHRINK_FEW
        width = len(covariance)
        shrunk = (1 - shrink) * covariance + (shrink * np.trace(covariance) / width + 1e-9) * np.eye(width)
        values, directions = np.linalg.eigh(shrunk)
        return cls(_middle(vectors), np.asarray(directions / np.sqrt(values), np.float32))

    @classmethod
    def untold(cls, vectors: Vectors) -> "TopicSpace":
        """Without topics to learn from: only the mean is taken off."""
        return cls(_middle(vectors), None)

    def at(self, vectors: Vectors) -> Vectors:
        """Where vectors of the encoder lie, shape (rows, width)."""
        apart: Vectors = vectors - self.centre
        return unit(apart if self.turn is None else apart @ self.turn)


def _middle(vectors: Vectors) -> Vectors:
    found: Vectors = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return found
