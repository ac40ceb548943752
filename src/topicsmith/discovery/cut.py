"""How far apart rows of one topic may lie: learnt by hiding known topics and looking for them (simulated discovery)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.pool import nearest_mean, thresholds
from topicsmith.discovery.space import TopicSpace
from topicsmith.discovery.tree import linkage_tree
from topicsmith.statistics.intervals import Interval, wilson

LEAST_TOPICS = 8
"""Known topics below which none is hidden: what is left would say little."""
_HEIGHTS = np.linspace(0.3, 1.1, 41)
_ROUNDS, _HIDDEN_SHARE = 8, 4
_MOST_ROWS = 20
_LEAST_SHARE = 3
"""A cluster has at least a third of the rows that hidden topics have, in the middle."""
_KEEPS = 0.8
_AS_GOOD = 0.96
"""Of heights nearly as good as the best the greatest is taken: it makes the fewest proposals."""


@dataclass(frozen=True)
class Cut:
    """Branches above ``height`` are cut.

    ``precision`` says how many clusters were one hidden topic each when known topics were hidden, and ``found`` how
    many hidden topics had a cluster; ``None`` where no topic was hidden.
    """

    height: float
    precision: Interval | None
    found: Interval | None


def clusters_of_unfamiliar(labels: IntArray, unfamiliar: FloatArray, least: int) -> IntArray:
    """``labels`` with -1 for rows of clusters that have fewer than ``least`` rows or are half familiar rows."""
    counts = np.bincount(labels)
    inside = np.bincount(labels, weights=unfamiliar)
    kept = (counts >= least) & (2 * inside >= counts)
    return np.where(kept[labels], labels, -1)


def judged(labels: IntArray, truth: IntArray) -> tuple[int, int, set[int]]:
    """Clusters, those of which at least half is one topic of ``truth`` (below 0: no hidden topic), and these topics."""
    right, found = 0, set[int]()
    present = np.unique(labels[labels >= 0])
    for cluster in present:
        topics, counts = np.unique(truth[labels == cluster], return_counts=True)
        most = counts.argmax()
        if topics[most] >= 0 and 2 * counts[most] >= counts.sum():
            right += 1
            found.add(int(topics[most]))
    return len(present), right, found


def learn_cut(vectors: Vectors, topics: IntArray, seed: int) -> Cut | None:
    """The height at which hidden topics are found best among what looks unfamiliar of the others.

    In each of eight rounds a quarter of the topics is hidden, the space is made of the others, and the hidden rows and
    the least familiar fifth of the others are linked: with fewer of these, clusters would be cut too high where
    the rows hold more than topics. Heights are judged by the harmonic mean of the share of
    clusters that are the only one of a hidden topic and the share of hidden topics that have one. ``None``
    with fewer than eight topics of four rows or more.

    Args:
        vectors: of labelled rows, (rows, width).
        topics: theirs.
        seed: which topics are hidden, and which rows are taken of large topics.
    """
    rng = np.random.default_rng(seed)
    known = [topic for topic in np.unique(topics) if (topics == topic).sum() >= 4]
    if len(known) < LEAST_TOPICS:
        return None
    taken = np.concatenate([rng.permutation(np.flatnonzero(topics == topic))[:_MOST_ROWS] for topic in known])
    vectors, topics = vectors[taken], topics[taken]
    least = max(3, int(np.median(np.unique(topics, return_counts=True)[1]) / _LEAST_SHARE))
    tallies = np.stack(
        [_round(vectors, topics, rng.permutation(known)[: len(known) // _HIDDEN_SHARE], least) for _ in range(_ROUNDS)]
    ).sum(axis=0)
    clusters, right, found, hidden = tallies.T
    score = 2 * found / (clusters + hidden)
    smooth = np.convolve(np.pad(score, 2, mode="edge"), np.ones(5) / 5, "valid")
    best = int(np.flatnonzero(smooth >= _AS_GOOD * smooth.max())[-1])
    return Cut(
        float(_HEIGHTS[best]),
        wilson(int(right[best]), int(clusters[best])) if clusters[best] else None,
        wilson(int(found[best]), int(hidden[best])),
    )


def _round(vectors: Vectors, topics: IntArray, hidden: Sequence[int] | IntArray, least: int) -> IntArray:
    """For each height: clusters, right ones, topics found, topics hidden; shape (heights, 4)."""
    is_hidden = np.isin(topics, hidden)
    space = TopicSpace.of(vectors[~is_hidden], topics[~is_hidden])
    shown = vectors[~is_hidden]
    familiarity = np.empty(len(vectors))
    familiarity[is_hidden] = nearest_mean(vectors[is_hidden], shown)
    familiarity[~is_hidden] = nearest_mean(shown, shown, themselves=True)
    looked_at, linked = thresholds(familiarity[~is_hidden], _KEEPS)
    rows = np.flatnonzero(familiarity < linked)
    unfamiliar = (familiarity[rows] < looked_at).astype(np.float64)
    truth = np.where(is_hidden[rows], topics[rows], -1)
    tree = linkage_tree(space.at(vectors[rows]))
    found = []
    for height in _HEIGHTS:
        clusters, right, topics_found = judged(clusters_of_unfamiliar(tree.at(height), unfamiliar, least), truth)
        found.append((clusters, right, len(topics_found), len(hidden)))
    return np.array(found, np.int64)
