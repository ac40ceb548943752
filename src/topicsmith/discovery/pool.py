"""How familiar rows look, and from where on discovery looks at them."""

from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.fit import Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.learnt import Learnt
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.novelty import scores
from topicsmith.classifiers.similarity.senses import Encode, encoded_senses, own_senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.taxonomy import Taxonomy, Topic

_HELD_SHARE = 5
_NEIGHBOURS = 5
WIDER = 1.5
"""Linked are this many times as many familiar rows as are looked at; they make clusters whole and fill the others."""
_NOWHERE = "\N{NO-BREAK SPACE}none of the topics"
"""The catch-all of a taxonomy that has none: no name of a file begins with such a blank."""


@dataclass(frozen=True)
class KnownRows:
    """Rows of known topics.

    ``vectors`` (rows, width) and ``topics``, the index of each row's topic in ``named``, the topics that have rows;
    ``outside`` are vectors of rows that are known to fit nowhere.
    """

    named: tuple[Topic, ...]
    vectors: Vectors
    topics: IntArray
    outside: Vectors

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the topics."""
        return tuple(topic.name for topic in self.named)


@dataclass(frozen=True)
class Familiarity:
    """What tells how familiar a row looks, and the thresholds on it.

    Below ``looked_at`` discovery looks at a row, below ``linked`` rows are linked. ``learnt`` is the similarity
    classifier whose detector tells it; without one it is the mean cosine to the five nearest rows.
    """

    known: KnownRows
    learnt: Learnt | None
    looked_at: float
    linked: float

    def of(self, vectors: Vectors) -> FloatArray:
        """One number a row, high where it looks familiar."""
        if self.learnt is None or self.learnt.detector is None or self.learnt.familiar is None:
            return nearest_mean(vectors, self.known.vectors)
        queries = unit(vectors - self.learnt.centre)
        return self.learnt.detector.familiarity(scores(queries, self.learnt.familiar))


def familiarity(known: KnownRows, encode: Encode, keeps: float, seed: int) -> Familiarity:
    """Learn it from four fifths of the rows of known topics; a fifth that is held back sets the thresholds."""
    order = np.random.default_rng(seed).permutation(len(known.topics))
    held, used = order[: len(order) // _HELD_SHARE], order[len(order) // _HELD_SHARE :]
    learnt = _learnt(known, used, held, encode, seed)
    if learnt.detector is None:
        by_others = nearest_mean(known.vectors, known.vectors, themselves=True)
        return Familiarity(known, None, *thresholds(by_others, keeps))
    found = Familiarity(known, learnt, 0.0, 0.0)
    return Familiarity(known, learnt, *thresholds(found.of(known.vectors[held]), keeps))


def _learnt(known: KnownRows, used: IntArray, held: IntArray, encode: Encode, seed: int) -> Learnt:
    taxonomy = Taxonomy((*known.named, Topic(_NOWHERE)), catch_all=_NOWHERE)
    outside = len(known.named)
    vectors = np.concatenate([known.vectors[used], known.outside])
    topics = np.concatenate([known.topics[used], np.full(len(known.outside), outside)])
    nothing = known.vectors[:0]
    names = encoded_senses([own_senses(topic) for topic in taxonomy.topics], encode)
    ground = Ground(names, nothing, np.zeros(0, np.int64), nothing)
    return learn(
        SimilaritySettings(name="discovery", kind="similarity", seed=seed),
        taxonomy,
        LabelledVectors(vectors, topics, np.ones(len(topics))),
        LabelledVectors(known.vectors[held], known.topics[held], np.ones(len(held))),
        ground,
    )


def nearest_mean(vectors: Vectors, rows: Vectors, *, themselves: bool = False) -> FloatArray:
    """The mean cosine to the five nearest of ``rows``, or of as many as there are; ``themselves``: not to itself."""
    some = min(_NEIGHBOURS, len(rows) - themselves)
    if some < 1:
        return np.zeros(len(vectors))
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), 1024):
        near = vectors[start : start + 1024] @ rows.T
        if themselves:
            near[np.arange(len(near)), start + np.arange(len(near))] = -2.0
        found[start : start + 1024] = np.partition(near, -some, axis=1)[:, -some:].mean(axis=1)
    return found


def thresholds(familiarity: FloatArray, keeps: float) -> tuple[float, float]:
    """Below the first discovery looks at a row, below the second rows are linked; from familiar rows held back."""
    looked_at = np.quantile(familiarity, 1 - keeps)
    linked = np.quantile(familiarity, min(1.0, WIDER * (1 - keeps)))
    return float(looked_at), float(linked)
