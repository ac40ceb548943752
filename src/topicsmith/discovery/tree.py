"""Rows linked to each other by average linkage, to be cut at any height; many rows by way of micro-clusters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.training_targets import IntArray

_MOST_LINKED = 8_000
"""Rows that are linked each for itself: their distances take 260 MB."""
_MICRO = 4_000
_BLOCK = 512


@dataclass(frozen=True)
class LinkageTree:
    """``merges`` as scipy's linkage gives them, of leaves; ``leaf_of`` (rows,) says which leaf a row is in."""

    merges: FloatArray
    leaf_of: IntArray

    def at(self, height: float) -> IntArray:
        """The cluster of each row, numbered from 0, when branches above ``height`` are cut."""
        from scipy.cluster.hierarchy import fcluster

        if not len(self.merges):
            return np.zeros(len(self.leaf_of), np.int64)
        found: IntArray = fcluster(self.merges, height, "distance").astype(np.int64)[self.leaf_of] - 1
        return found


def linkage_tree(points: Vectors, seed: int = 0) -> LinkageTree:
    """Average linkage by cosine distance of ``points`` (rows, width), which have length one.

    More than 8,000 rows are gathered in 4,000 micro-clusters by k-means first, whose centres are linked.
    """
    from scipy.cluster.hierarchy import linkage

    leaves = np.arange(len(points), dtype=np.int64)
    if len(points) > _MOST_LINKED:
        points, leaves = _micro_clusters(points, seed)
    if len(points) < 2:
        return LinkageTree(np.zeros((0, 4)), leaves)
    return LinkageTree(linkage(cosine_distances(points), "average"), leaves)


def cosine_distances(points: Vectors) -> NDArray[np.float64]:
    """One less the cosine of every pair, in the order of scipy's condensed matrices."""
    rows = len(points)
    found = np.empty(rows * (rows - 1) // 2)
    at = 0
    for start in range(0, rows, _BLOCK):
        near = 1.0 - points[start : start + _BLOCK] @ points.T
        for row, distances in enumerate(near, start):
            further = rows - 1 - row
            found[at : at + further] = distances[row + 1 :]
            at += further
    np.clip(found, 0.0, 2.0, out=found)
    return found


def _micro_clusters(points: Vectors, seed: int) -> tuple[Vectors, IntArray]:
    from sklearn.cluster import MiniBatchKMeans

    fitted = MiniBatchKMeans(_MICRO, random_state=seed, n_init=1, batch_size=4096, max_iter=20).fit(points)
    used, leaf_of = np.unique(fitted.labels_, return_inverse=True)
    return unit(np.asarray(fitted.cluster_centers_, np.float32)[used]), leaf_of.astype(np.int64)
