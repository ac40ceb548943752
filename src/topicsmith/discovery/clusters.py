"""The clusters of what looks unfamiliar."""

from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.cut import Cut, clusters_of_unfamiliar, learn_cut
from topicsmith.discovery.pool import Familiarity, KnownRows
from topicsmith.discovery.space import TopicSpace
from topicsmith.discovery.steady_height import steady_height
from topicsmith.discovery.tree import linkage_tree

LEAST_ROWS, LEAST_SHARE = 10, 0.002
"""A cluster has at least ten rows, and at least two in a thousand of those that are linked."""
_SUBSAMPLES, _SUBSAMPLED = 4, 0.8


@dataclass(frozen=True)
class Clusters:
    """``rows`` are the indices of the rows that were linked; ``points`` (linked, width) is where they lie in ``space``.

    ``all_of`` (linked,) numbers every cluster, ``new_of`` only those of enough rows, at least half of which no topic
    covers (-1 elsewhere). ``unfamiliar`` (linked,) says which rows these are. ``looked_at`` counts them.
    """

    rows: IntArray
    points: Vectors
    space: TopicSpace
    all_of: IntArray
    new_of: IntArray
    unfamiliar: FloatArray
    cut: Cut
    least: int

    @property
    def looked_at(self) -> int:
        """How many rows no topic covers."""
        return int(self.unfamiliar.sum())


def find_clusters(
    vectors: Vectors,
    known: KnownRows,
    familiar: Familiarity | None,
    certain: IntArray,
    seed: int,
    least: int | None = None,
    most: int | None = None,
) -> Clusters:
    """Link the rows that look least familiar, and cut where known topics would have been told apart.

    Args:
        vectors: of the rows to look at, (rows, width).
        known: rows of known topics, none where there is nothing to learn from.
        familiar: how familiar rows look; ``None`` to look at every row.
        certain: indices of rows that are known to fit nowhere, however familiar they look.
        seed: of everything drawn.
        least: rows of a cluster; by default ten, or two in a thousand of those linked.
        most: clusters, where too few topics are known to learn the cut from them.
    """
    rows, unfamiliar = np.arange(len(vectors)), np.ones(len(vectors))
    if familiar is not None and len(vectors):
        value = familiar.of(vectors)
        value[certain] = -np.inf
        rows = np.flatnonzero(value < familiar.linked)
        unfamiliar = (value[rows] < familiar.looked_at).astype(np.float64)
    cut = learn_cut(known.vectors, known.topics, seed)
    space = TopicSpace.of(known.vectors, known.topics) if len(known.topics) else TopicSpace.untold(vectors)
    points = space.at(vectors[rows])
    tree = linkage_tree(points, seed)
    enough = least or max(LEAST_ROWS, int(LEAST_SHARE * len(rows)))
    if cut is None:
        cut = Cut(steady_height(points, tree, enough, seed, most), None, None)
    every = tree.at(cut.height)
    new = clusters_of_unfamiliar(every, unfamiliar, enough) if len(rows) else every
    return Clusters(rows, points, space, every, new, unfamiliar, cut, enough)


def stabilities(clusters: Clusters, seed: int) -> dict[int, float]:
    """For each new cluster the mean over subsamples of the largest Jaccard index with a cluster of the subsample.

    Hennig, Cluster-wise assessment of cluster stability (2007): below .6 a cluster is not to be trusted.
    """
    rng = np.random.default_rng(seed)
    wanted = np.unique(clusters.new_of[clusters.new_of >= 0])
    if not len(wanted):
        return {}
    found = np.zeros((_SUBSAMPLES, len(wanted)))
    for turn in range(_SUBSAMPLES):
        kept = np.sort(rng.permutation(len(clusters.rows))[: max(2, int(_SUBSAMPLED * len(clusters.rows)))])
        labels = linkage_tree(clusters.points[kept], seed).at(clusters.cut.height)
        sizes = np.bincount(labels)
        for at, cluster in enumerate(wanted):
            own = clusters.new_of[kept] == cluster
            both = np.bincount(labels[own], minlength=len(sizes))
            found[turn, at] = (both / np.maximum(sizes + own.sum() - both, 1)).max()
    return {int(cluster): float(value) for cluster, value in zip(wanted, found.mean(axis=0), strict=True)}


def by_middle(points: Vectors) -> tuple[IntArray, FloatArray]:
    """The rows from the middle outwards, and the cosine of each to the middle in that order."""
    near = points @ unit(points.mean(axis=0, keepdims=True))[0]
    order = np.argsort(-near, kind="stable")
    return order, near[order]
