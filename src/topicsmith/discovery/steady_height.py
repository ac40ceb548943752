"""Where to cut when no topic is known: where the clusters come out the same whichever rows were there."""

import numpy as np

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.tree import LinkageTree, linkage_tree

_HEIGHTS = np.linspace(0.4, 0.96, 29)
_SUBSAMPLES, _SUBSAMPLED = 3, 0.8
_MOST_COMPARED = 3_000
_LEAST_CLUSTERS, _LEAST_COVERED = 2, 0.5
_AS_GOOD = 0.98
_USUAL = 0.8


def steady_height(points: Vectors, tree: LinkageTree, least: int, seed: int, most: int | None = None) -> float:
    """The height at which subsamples give most nearly the same clusters, by the adjusted Rand index.

    Heights count that make at least two clusters of ``least`` rows, and at most ``most``, which together hold half of
    the rows; of those nearly as good as the best the middle one is taken. Where none counts, .8.
    """
    from sklearn.metrics import adjusted_rand_score

    useful = [height for height in _HEIGHTS if _is_useful(tree.at(float(height)), least, most)]
    if not useful:
        return _USUAL
    rng = np.random.default_rng(seed)
    score = np.zeros(len(useful))
    for _ in range(_SUBSAMPLES):
        one, other = (_drawn(len(points), rng) for _ in range(2))
        both, in_one, in_other = np.intersect1d(one, other, return_indices=True)
        if len(both) < 2:
            continue
        trees = linkage_tree(points[one], seed), linkage_tree(points[other], seed)
        score += [
            adjusted_rand_score(trees[0].at(float(height))[in_one], trees[1].at(float(height))[in_other])
            for height in useful
        ]
    good = np.flatnonzero(score >= _AS_GOOD * score.max())
    return float(useful[int(good[len(good) // 2])])


def _drawn(rows: int, rng: np.random.Generator) -> IntArray:
    return np.sort(rng.permutation(rows)[: min(_MOST_COMPARED, int(_SUBSAMPLED * rows))])


def _is_useful(labels: IntArray, least: int, most: int | None) -> bool:
    counts = np.bincount(labels)
    large = counts[counts >= least]
    return _LEAST_CLUSTERS <= len(large) <= (most or len(large)) and large.sum() >= _LEAST_COVERED * len(labels)
