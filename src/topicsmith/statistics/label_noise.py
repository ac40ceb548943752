"""Which labels are probably wrong, from probabilities of a classifier that has not seen the row.

Labels go wrong in two ways, and each leaves another trace. Labels spoilt at random land anywhere, so how a wrong label
looks is known beforehand: as any other label would on the same row. Labels spoilt systematically pile up in single
pairs of topics, which are wrong far more often one way than the other.
"""

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray

_TINY = 1e-12
_ONE_WAY = 1.282
"""A pair of topics counts as systematic where one direction is commoner than the other, one-sided at 10 %."""
_REACH = 0.2
"""Cuts that less than this share of spoilt labels would pass say too little about how many there are."""
_BLOCK = 4_000_000  # cells held at once, so that memory stays bounded whatever the number of rows


def margins(probabilities: FloatArray, given: IntArray) -> tuple[IntArray, FloatArray]:
    """The most probable topic beside the given one, and the log odds of it against the given one, of shape (rows,)."""
    rows = np.arange(len(given))
    others = np.array(probabilities, dtype=np.float64)
    own = others[rows, given]
    others[rows, given] = -1.0
    best = others.argmax(axis=1).astype(np.int64)
    return best, np.log(others[rows, best] + _TINY) - np.log(own + _TINY)


def wrong_labels(probabilities: FloatArray, given: IntArray) -> NDArray[np.bool_]:
    """Whether each label is probably wrong.

    A label is, when its row's margin is beyond the cut of :func:`random_cut`, or when :func:`confident_cut` says so and
    its pair of topics is wrong significantly more often this way than the other. Rows whose label is the classifier's
    own answer are never suspected.

    Args:
        probabilities: of shape (rows, topics), out of fold.
        given: each row's label, of shape (rows,).
    """
    if not len(given):
        return np.zeros(0, dtype=bool)
    best, margin = margins(probabilities, given)
    against = margin > 0
    topics = probabilities.shape[1]
    pairs = np.zeros((topics, topics))
    np.add.at(pairs, (given[against], best[against]), 1.0)
    surplus = (pairs - pairs.T) / np.sqrt(np.maximum(pairs + pairs.T, 1.0))
    systematic = surplus[given, best] >= _ONE_WAY
    return against & ((margin >= random_cut(probabilities, given)) | (systematic & confident_cut(probabilities, given)))


def random_cut(probabilities: FloatArray, given: IntArray) -> float:
    """The margin from which on labels are suspected, if labels are spoilt at random; infinite where none seem to be.

    What the margin of a spoilt label looks like is found by giving each row every other topic in turn. The share of
    labels that are spoilt is at most what the observed margins leave room for, at any cut (as J. D. Storey 2002, JRSS B
    64, 479-498, bounds the share of true null hypotheses). The cut is the one with the highest F1 that this makes one
    expect.
    """
    _, margin = margins(probabilities, given)
    cuts = np.sort(margin)[::-1]
    beyond = np.arange(1, len(cuts) + 1) / len(cuts)
    spoilt = _spoilt_beyond(probabilities, given, cuts)
    telling = spoilt >= _REACH
    share = float((beyond[telling] / spoilt[telling]).min()) if telling.any() else 0.0
    expected = 2 * share * spoilt / (beyond + share)
    at = int(expected.argmax())
    return float(cuts[at]) if expected[at] > 0 else float("inf")


def _spoilt_beyond(probabilities: FloatArray, given: IntArray, cuts: FloatArray) -> FloatArray:
    """For each of the falling ``cuts``, the share of spoilt labels that would lie at it or beyond.

    A row's topic is taken to be the classifier's answer; the others are drawn by how common they are.
    """
    rows, topics = probabilities.shape
    common = np.bincount(given, minlength=topics) / rows
    found = np.zeros(len(cuts) + 1)
    step = max(1, _BLOCK // topics)
    for start in range(0, rows, step):
        logs = np.log(probabilities[start : start + step] + _TINY)
        at, top = np.arange(len(logs)), logs.argmax(axis=1)
        highest = logs[at, top]
        weights = np.broadcast_to(common, logs.shape).copy()
        weights[at, top] = 0.0
        total = weights.sum(axis=1, keepdims=True)
        weights /= np.where(total > 0, total, 1.0)
        places = np.searchsorted(-cuts, -(highest[:, None] - logs).ravel(), side="left")
        found += np.bincount(places, weights=weights.ravel(), minlength=len(cuts) + 1)
    return np.asarray(np.cumsum(found)[:-1] / rows, dtype=np.float64)


def confident_cut(probabilities: FloatArray, given: IntArray) -> NDArray[np.bool_]:
    """Which labels confident learning prunes, both by class and by noise rate.

    How many labels of each topic are another's is counted where a row is as probable for a topic as rows of it usually
    are; as many of the topic's labels are suspected, those with the largest margins and the lowest probabilities.

    Source: C. Northcutt, L. Jiang and I. Chuang 2021, JAIR 70, 1373-1411, sections 3.1 and 3.2 (methods 3, 4 and 5).
    """
    joint = _noise_counts(probabilities, given)
    by_rate = np.zeros(len(given), dtype=bool)
    by_class = np.zeros(len(given), dtype=bool)
    for topic in np.flatnonzero(joint.sum(axis=1)):
        rows = np.flatnonzero(given == topic)
        own = probabilities[rows, topic]
        by_class[rows[np.argsort(own, kind="stable")[: joint[topic].sum()]]] = True
        for other in np.flatnonzero(joint[topic]):
            gap = probabilities[rows, other] - own
            by_rate[rows[np.argsort(-gap, kind="stable")[: joint[topic, other]]]] = True
    return by_rate & by_class


def _noise_counts(probabilities: FloatArray, given: IntArray) -> IntArray:
    """How many labels of each topic (down) truly are each other's (across): the calibrated confident joint."""
    topics = probabilities.shape[1]
    sizes = np.bincount(given, minlength=topics)
    own = np.bincount(given, weights=probabilities[np.arange(len(given)), given], minlength=topics)
    usual = np.where(sizes > 0, own / np.maximum(sizes, 1), np.inf)
    confident = np.where(probabilities >= usual - 1e-9, probabilities, -1.0)
    chosen = confident.argmax(axis=1)
    sure = confident.max(axis=1) >= 0
    joint = np.zeros((topics, topics))
    np.add.at(joint, (given[sure], chosen[sure]), 1.0)
    joint *= (sizes / np.maximum(joint.sum(axis=1), 1.0))[:, None]
    counts = np.rint(joint).astype(np.int64)
    np.fill_diagonal(counts, 0)
    return counts
