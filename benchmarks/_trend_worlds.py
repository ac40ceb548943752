"""What comes in for ``benchmarks/trends.py``: rows of CLINC150's domains with one of them unseen, and a peer's test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks._intent_sets import Data
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.trends.nearness import KnownVectors, known_rows

REFERENCE = 2000
PERMUTATIONS = 200


@dataclass(frozen=True)
class Pool:
    """Rows to draw from: vectors, nearness to what is known, the answer, the softmax."""

    vectors: Vectors
    nearness: FloatArray
    answers: IntArray
    softmax: FloatArray

    def at(self, rows: IntArray) -> "Pool":
        """Some of the rows."""
        return Pool(self.vectors[rows], self.nearness[rows], self.answers[rows], self.softmax[rows])

    def drawn(self, count: int, rng: np.random.Generator, weights: FloatArray | None = None) -> "Pool":
        """``count`` rows, with replacement."""
        chance = None if weights is None else weights / weights.sum()
        return self.at(rng.choice(len(self.answers), count, p=chance))


def joined(*parts: Pool) -> Pool:
    """All rows of all of them."""
    return Pool(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pool.__dataclass_fields__))


@dataclass(frozen=True)
class World:
    """What comes in: ``usual`` rows of known topics, rows of a ``new`` one, and rows of no topic (``outside``)."""

    name: str
    topics: int
    usual: Pool
    new: Pool
    outside: Pool

    def window(self, what: str, share: float, count: int, rng: np.random.Generator) -> Pool:
        """``count`` rows, a ``share`` of them of something that is not usual, by chance."""
        if what == "doubled":
            return self.usual.drawn(count, rng, self.doubled(int(rng.integers(self.topics))))
        changed = int(rng.binomial(count, share))
        other = self.new if what == "new" else self.outside
        return joined(self.usual.drawn(count - changed, rng), other.drawn(changed, rng))

    def doubled(self, topic: int) -> FloatArray:
        """Weights that make one topic, as answered, twice as common."""
        own = self.usual.answers == topic
        share = float(own.mean())
        return np.where(own, 2 * (1 - share) / (1 - 2 * share), 1.0)


@dataclass(frozen=True)
class _Learnt:
    """What training rows taught."""

    known: KnownVectors
    head: Any  # scikit-learn's

    def pool(self, vectors: Vectors) -> Pool:
        """Rows as they look to what was learnt."""
        likely = self.head.predict_proba(vectors)
        return Pool(vectors, self.known.nearness(vectors), likely.argmax(axis=1), likely)


def worlds(data: Data, draws: int) -> Iterator[World]:
    """A world for each draw, each with another unseen domain."""
    order = np.random.default_rng(0).permutation(len(data.taxonomy.topics))
    vectors = np.concatenate([data.validation.vectors, data.test.vectors])
    topics = np.concatenate([data.validation.topics, data.test.topics])
    for draw in range(draws):
        unseen = int(order[draw % len(order)])
        train = data.train.at(data.train.topics != unseen)
        learnt = _Learnt(known_rows(train.vectors), LogisticRegression(C=10.0, max_iter=300))
        learnt.head.fit(train.vectors, train.topics)
        fresh = topics == unseen
        yield World(
            data.taxonomy.topics[unseen].name, len(np.unique(train.topics)),
            learnt.pool(vectors[~fresh]), learnt.pool(vectors[fresh]),
            learnt.pool(data.outside_test),
        )  # fmt: skip


def mmd_p(first: Vectors, second: Vectors, rng: np.random.Generator) -> float:
    """The p-value of the maximum mean discrepancy, by permutation."""
    rows = np.concatenate([first, second])
    squared = np.maximum(2 - 2 * rows @ rows.T, 0)
    kernel = np.exp(-squared / np.median(squared[:200]))
    np.fill_diagonal(kernel, 0)
    member = np.zeros((len(rows), PERMUTATIONS + 1), np.float32)
    member[len(first) :, 0] = 1
    for at in range(1, PERMUTATIONS + 1):
        member[rng.permutation(len(rows))[: len(second)], at] = 1
    inside = np.einsum("ij,ij->j", member, kernel @ member)
    touching = (kernel @ member).sum(axis=0)
    total = float(kernel.sum())
    m, n = len(second), len(first)
    across = touching - inside
    others = total - inside - 2 * across
    found = inside / (m * (m - 1)) + others / (n * (n - 1)) - 2 * across / (m * n)
    return float((1 + (found[1:] >= found[0]).sum()) / (1 + PERMUTATIONS))
