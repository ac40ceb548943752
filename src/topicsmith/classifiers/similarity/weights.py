"""How much each feature counts: one conditional logit whose weights all topics share (McFadden 1974).

The probability of topic k for query x is proportional to exp(w . f(x, k)). Since no weight belongs to a topic, w is
learnt from topics that are there and holds for topics that come. So that it knows what a new topic looks like, known
topics arrive again in simulation: taken out of the head and left with few examples or none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.features import FEATURES, Known, features
from topicsmith.classifiers.similarity.linear_head import LobedHead, Vectors
from topicsmith.classifiers.training_targets import IntArray

SHIPPED: FloatArray = np.array([0.7, 4.0, 9.0, 3.0, 5.5, 4.0, 12.0, 5.0, 0.0, -1.3])
"""Weights for when there are no rows to learn them from: about what is learnt on CLINC150's domains."""

HEAD_ALONE: FloatArray = np.eye(len(FEATURES))[0]
"""Weights for when there are none to learn them from, and the head knows every topic."""

_ARRIVALS = (0, 1, 5, 20)
_MOST_ARRIVING = 16
FOLDS = 2
_ROWS_OF_OTHERS = 300
_LEAST_OF_OTHERS, _LEAST_JUDGED = 10, 200
_PAIRS_OF_OTHERS, _PAIRS_JUDGED = 50_000, 1_000_000
"""Pairs of rows and topics in one arrival, and of all rows: with thousands of topics, fewer rows have to do."""
_L2 = 1e-5
LEAST_ROWS = 30


@dataclass(frozen=True)
class Judged:
    """Features (rows, topics, features) of queries whose topic, (rows,), is known, and how much each row counts.

    ``queries`` (rows,) says which held-back query each row is.
    """

    values: FloatArray
    topics: IntArray
    weights: FloatArray
    queries: IntArray

    def counting(self, share: float, but: int | None = None) -> "Judged":
        """With rows that count ``share`` times as much, and those of the fold ``but`` not at all."""
        weights = self.weights * share
        return replace(self, weights=weights if but is None else np.where(self.queries % FOLDS == but, 0.0, weights))


def learn_weights(known: Known, queries: Vectors, topics: IntArray, seed: int) -> FloatArray:
    """The weights that tell held-back ``queries`` best, with every topic there and with each arriving anew.

    Shape (1 + FOLDS, features): those of all queries first; then for each fold those of the queries outside of it, by
    which its queries can be judged as new ones would be. Query i is in the fold i modulo FOLDS.
    """
    rng = np.random.default_rng(seed)
    most = max(_LEAST_JUDGED, _PAIRS_JUDGED // known.topics)
    queries, topics = queries[:most], topics[:most]
    whole = _judged(known, queries, topics, np.arange(len(topics)))
    arriving = rng.permutation(np.flatnonzero(np.bincount(topics, minlength=known.topics)))[:_MOST_ARRIVING]
    simulated = [part for topic in arriving for part in _arrivals(known, queries, topics, int(topic), rng)]
    share = len(queries) / max(1, sum(len(part.topics) for part in simulated))
    fits = [
        fit_weights([whole.counting(1.0, but), *(part.counting(share, but) for part in simulated)])
        for but in (None, *range(FOLDS))
    ]
    return np.stack(fits)


def fit_weights(parts: Sequence[Judged]) -> FloatArray:
    """The weights of the largest likelihood, held to :data:`SHIPPED` by a little L2."""
    from scipy.optimize import minimize

    total = sum(float(part.weights.sum()) for part in parts)

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        value, slope = 0.0, np.zeros(len(FEATURES))
        for part in parts:
            scores = part.values @ weights
            shifted = scores - scores.max(axis=1, keepdims=True)
            exponents = np.exp(shifted)
            sums = exponents.sum(axis=1)
            rows = np.arange(len(part.topics))
            value += float(part.weights @ (np.log(sums) - shifted[rows, part.topics]))
            shares = exponents / sums[:, None]
            shares[rows, part.topics] -= 1
            slope += np.einsum("r,rk,rkf->f", part.weights, shares, part.values)
        away = weights - SHIPPED
        return value / total + _L2 * float(away @ away), slope / total + 2 * _L2 * away

    return np.asarray(minimize(loss, SHIPPED, jac=True, method="L-BFGS-B").x)


def _arrivals(
    known: Known, queries: Vectors, topics: IntArray, topic: int, rng: np.random.Generator
) -> Iterator[Judged]:
    own = np.flatnonzero(topics == topic)
    most = min(_ROWS_OF_OTHERS, max(_LEAST_OF_OTHERS, _PAIRS_OF_OTHERS // known.topics))
    others = rng.permutation(np.flatnonzero(topics != topic))[:most]
    rows = np.concatenate([own, others])
    for count in _ARRIVALS:
        if count <= known.counts[topic]:
            yield _judged(arriving(known, topic, count, rng), queries[rows], topics[rows], rows)


def arriving(known: Known, topic: int, count: int, rng: np.random.Generator) -> Known:
    """``known`` as if ``topic`` came only now, with ``count`` of its examples and no place in the head."""
    start, end = known.starts[topic], known.starts[topic + 1]
    chosen = np.sort(rng.permutation(np.arange(start, end))[:count])
    kept = np.concatenate([np.arange(start), chosen, np.arange(end, len(known.examples))]).astype(np.int64)
    starts = known.starts.copy()
    starts[topic + 1 :] -= end - start - len(chosen)
    head = None if known.head is None else _without(known.head, topic)
    return Known(known.names, known.examples[kept], starts, head)


def _without(head: LobedHead, topic: int) -> LobedHead:
    return head.owned(np.where(head.owners == topic, -1, head.owners))


def _judged(known: Known, queries: Vectors, topics: IntArray, rows: IntArray) -> Judged:
    return Judged(features(queries, known), topics, np.ones(len(topics)), rows)
