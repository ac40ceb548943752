"""What is compared between queries and topics: a few numbers for each pair, the same for every topic."""

from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.linear_head import Booleans, LobedHead, Vectors
from topicsmith.classifiers.similarity.senses import Senses
from topicsmith.classifiers.training_targets import IntArray

COSINES = ("to the name", "mean of the 3 nearest examples", "to the nearest example")
FEATURES = (
    "in the head: log-probability",
    *(f"in the head: cosine {which}" for which in COSINES),
    "not in the head",
    *(f"not in the head: cosine {which}" for which in COSINES),
    "not in the head: has no example",
    "not in the head: log of examples",
)
NEAREST = 3
_BLOCK = 512


@dataclass(frozen=True)
class Known:
    """What is known of topics: what they say of themselves, examples in the order of their topic, and a head.

    ``starts`` (topics + 1,) says where each topic's rows of ``examples`` begin.
    """

    names: Senses
    examples: Vectors
    starts: IntArray
    head: LobedHead | None

    @property
    def topics(self) -> int:
        """How many topics there are."""
        return len(self.starts) - 1

    @property
    def counts(self) -> IntArray:
        """How many examples each topic has."""
        return np.diff(self.starts)

    @property
    def in_head(self) -> Booleans:
        """Which topics the head knows."""
        known = np.zeros(self.topics, dtype=bool)
        if self.head is not None:
            known[self.head.owners] = True
        return known

    @classmethod
    def of(cls, count: int, names: Senses, examples: Vectors, topics: IntArray, head: LobedHead | None) -> "Known":
        """Of ``count`` topics; ``examples``, each with one of ``topics``, are put in order; those in order stay."""
        if (np.diff(topics) >= 0).all():
            return cls(names, examples, np.searchsorted(topics, np.arange(count + 1)), head)
        order = np.argsort(topics, kind="stable")
        return cls(names, examples[order], np.searchsorted(topics[order], np.arange(count + 1)), head)


def features(queries: Vectors, known: Known) -> FloatArray:
    """Shape (queries, topics, features), in the order of :data:`FEATURES`."""
    return np.concatenate([_block(queries[at : at + _BLOCK], known) for at in range(0, max(1, len(queries)), _BLOCK)])


def scores_by(weights: FloatArray, queries: Vectors, known: Known) -> FloatArray:
    """Shape (queries, topics): features weighed by ``weights``, (features,) or a row of them for each query.

    Never more features at a time than those of some hundred queries.
    """
    each = np.broadcast_to(weights, (len(queries), len(FEATURES)))
    blocks = [slice(at, at + _BLOCK) for at in range(0, max(1, len(queries)), _BLOCK)]
    return np.concatenate([np.einsum("rtf,rf->rt", _block(queries[at], known), each[at]) for at in blocks])


def _block(queries: Vectors, known: Known) -> FloatArray:
    in_head, counts = known.in_head, known.counts
    cosines = np.zeros((len(queries), known.topics, len(COSINES)))
    cosines[:, :, 0] = known.names.nearest(queries, known.topics)
    to_examples = queries @ known.examples.T
    for topic, (start, end) in enumerate(zip(known.starts[:-1], known.starts[1:], strict=True)):
        if end > start:
            own = to_examples[:, start:end]
            some = min(NEAREST, end - start)
            cosines[:, topic, 1] = np.partition(own, -some, axis=1)[:, -some:].mean(axis=1)
            cosines[:, topic, 2] = own.max(axis=1)
    found = np.zeros((len(queries), known.topics, len(FEATURES)))
    if known.head is not None and len(known.head.owners):
        found[:, :, 0] = head_log_probabilities(queries, known.head, known.topics)
    found[:, in_head, 1:4] = cosines[:, in_head]
    found[:, ~in_head, 4] = 1
    found[:, ~in_head, 5:8] = cosines[:, ~in_head]
    found[:, ~in_head, 8] = counts[~in_head] == 0
    found[:, ~in_head, 9] = np.log1p(counts[~in_head])
    return found


def head_log_probabilities(queries: Vectors, head: LobedHead, topics: int) -> FloatArray:
    """Log-probabilities (queries, topics) of a head's lobes, added up by topic; zero for topics without lobes."""
    logits = head.logits(queries).astype(np.float64)
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    sums = np.zeros((len(queries), topics))
    for lobe, owner in enumerate(head.owners):
        sums[:, owner] += exponents[:, lobe]
    known = np.zeros(topics, dtype=bool)
    known[head.owners] = True
    sums /= sums.sum(axis=1, keepdims=True)
    found: FloatArray = np.where(known, np.log(np.maximum(sums, 1e-12)), 0.0)
    return found
