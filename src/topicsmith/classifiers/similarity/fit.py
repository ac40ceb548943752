"""From rows, names and unlabelled texts to what is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.similarity.features import FEATURES, Known, features
from topicsmith.classifiers.similarity.learnt import NEVER, Learnt
from topicsmith.classifiers.similarity.linear_head import (
    FloatArray,
    HeadRows,
    IntArray,
    LobedHead,
    Vectors,
    fit_head,
    lobes,
)
from topicsmith.classifiers.similarity.name_prior import anchors, damped, is_enough, prototypes, unit
from topicsmith.classifiers.similarity.novelty import Detector, Familiar, fit_detector
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.similarity.weights import FOLDS, LEAST_ROWS, learn_weights
from topicsmith.taxonomy import Taxonomy

FEW, NAMED = 20, 50
"""Below so many rows a topic, in the middle, unlabelled rows help; below so many a topic's name counts as a row."""
_PULL_BY_NAME, _PULL_BY_ROWS = 0.15, 0.3
_TEMPERATURE = 0.05
_MOST_POOLED, _POOL_WEIGHT = 4000, 0.5
_POOLED_C = 30.0
_MOST_JUDGED = 2000
LEAST_HELD = 40


@dataclass(frozen=True)
class LabelledVectors:
    """Labelled rows: vectors as the encoder gives them (rows, width), topics and weights (rows,)."""

    vectors: Vectors
    topics: IntArray
    weights: FloatArray


@dataclass(frozen=True)
class Ground:
    """What stands beside the labelled rows: vectors of names (topics, width), examples with their topics, a pool."""

    names: Vectors
    examples: Vectors
    example_topics: IntArray
    pool: Vectors


def learn(
    settings: SimilaritySettings, taxonomy: Taxonomy, rows: LabelledVectors, held: LabelledVectors, ground: Ground
) -> Learnt:
    """Learn the head, how features count, and what fits nowhere; held-back rows choose, as validation rows do."""
    rows = _by_topic(rows)
    plain = _mean([rows.vectors, ground.pool]) if len(rows.vectors) + len(ground.pool) else _mean([ground.names])
    name_centre = _mean([ground.names])
    vectors, names, pool = unit(rows.vectors - plain), unit(ground.names - name_centre), unit(ground.pool - plain)
    examples, held_vectors = unit(ground.examples - plain), unit(held.vectors - plain)
    outside = _catch_all(taxonomy, rows, held)
    inside, kept = rows.topics != outside, held.topics != outside
    of_head = _Work(vectors[inside], rows.topics[inside], rows.weights[inside], names, examples, ground.example_topics)
    head, of_rows = of_head.fit(settings, pool, outside)
    all_lobes = np.full(len(vectors), -1, np.int64)
    all_lobes[inside] = of_rows
    weights = np.zeros((0, len(FEATURES)))
    held_topics = held.topics[kept]
    rng = np.random.default_rng(settings.seed)
    order = rng.permutation(len(held_topics))
    if len(held_topics) >= LEAST_ROWS and head is not None:
        owners = np.concatenate([rows.topics[inside], ground.example_topics])
        known = Known.of(names, np.concatenate([vectors[inside], examples]), owners, head)
        judged = order[:_MOST_JUDGED]
        shown = _shown(known, outside)
        weights = learn_weights(shown, held_vectors[kept][judged], _moved(held_topics[judged], outside), settings.seed)
    shown_held = order[:_MOST_JUDGED]
    held_scores = np.full((len(shown_held), len(names)), NEVER)
    if len(weights):
        fold = 1 + np.arange(len(shown_held)) % FOLDS
        found = features(held_vectors[kept][shown_held], shown)
        held_scores[:, np.arange(len(names)) != outside] = np.einsum("rtf,rf->rt", found, weights[fold])
    detector = None
    if outside >= 0 and head is not None:
        familiar = Familiar.of(head, vectors[inside], rows.topics[inside], of_rows, vectors[~inside])
        detector = _detector(settings, familiar, held_vectors[kept][order], held_topics[order])
    return Learnt(
        taxonomy,
        plain,
        name_centre,
        vectors,
        rows.topics,
        all_lobes,
        held_vectors[kept][shown_held],
        held_topics[shown_held],
        held_scores,
        head,
        weights,
        detector,
    )


def _by_topic(rows: LabelledVectors) -> LabelledVectors:
    order = np.argsort(rows.topics, kind="stable")
    return LabelledVectors(rows.vectors[order], rows.topics[order], rows.weights[order])


def _mean(parts: Sequence[Vectors]) -> Vectors:
    found: Vectors = np.concatenate(parts).mean(axis=0, dtype=np.float64).astype(np.float32)
    return found


def _catch_all(taxonomy: Taxonomy, rows: LabelledVectors, held: LabelledVectors) -> int:
    """The index of the catch-all if rows are there to set a threshold by; -1 where it is a topic like any other."""
    if taxonomy.catch_all is None:
        return -1
    index = taxonomy.names.index(taxonomy.catch_all)
    labelled = len(set(rows.topics[rows.topics != index].tolist()))
    return index if labelled >= 2 and int((held.topics != index).sum()) >= LEAST_HELD else -1


def _detector(settings: SimilaritySettings, familiar: Familiar, held: Vectors, topics: IntArray) -> Detector:
    half = len(held) // 2
    return fit_detector(familiar, held[:half], topics[:half], held[half:], settings.keeps, settings.seed)


def _shown(known: Known, outside: int) -> Known:
    """``known`` without the catch-all, whose rows no topic is compared with."""
    if outside < 0:
        return known
    kept = np.arange(len(known.names)) != outside
    owners = np.repeat(np.arange(len(known.names)), known.counts)
    head = known.head
    if head is not None:
        head = LobedHead(head.weights, head.intercepts, _moved(head.owners, outside))
    inside = owners != outside
    return Known.of(known.names[kept], known.examples[inside], _moved(owners[inside], outside), head)


def _moved(topics: IntArray, outside: int) -> IntArray:
    """Indices of topics once the topic ``outside`` is gone."""
    return topics - (topics > outside) if outside >= 0 else topics


@dataclass(frozen=True)
class _Work:
    """The centred rows that a head is fitted on."""

    vectors: Vectors
    topics: IntArray
    weights: FloatArray
    names: Vectors
    examples: Vectors
    example_topics: IntArray

    def fit(self, settings: SimilaritySettings, pool: Vectors, outside: int) -> tuple[LobedHead | None, IntArray]:
        """The head, if there is anything to learn it from, and the lobe of each row."""
        shown = np.flatnonzero(np.arange(len(self.names)) != outside)
        vectors = np.concatenate([self.vectors, self.examples])
        topics = np.concatenate([self.topics, self.example_topics])
        vectors, topics = vectors[topics != outside], topics[topics != outside]
        counts = np.bincount(topics, minlength=len(self.names))
        median = float(np.median(counts[shown]))
        if median < FEW and settings.unlabelled and is_enough(pool, len(shown)):
            return self._with_pool(settings, pool, shown, vectors, topics, counts), np.zeros(len(self.topics), np.int64)
        present = np.flatnonzero(counts)
        if len(present) < 2:
            return None, np.zeros(len(self.topics), np.int64)
        return self._of_rows(settings, present, vectors, topics, counts)

    def _of_rows(
        self, settings: SimilaritySettings, present: IntArray, vectors: Vectors, topics: IntArray, counts: IntArray
    ) -> tuple[LobedHead, IntArray]:
        place = np.full(len(self.names), -1, np.int64)
        place[present] = np.arange(len(present))
        of_rows, owners = lobes(vectors, place[topics], len(present), settings.seed)
        weights = np.concatenate([self.weights, np.ones(len(vectors) - len(self.weights))]).astype(np.float32)
        learnt = HeadRows(vectors, np.eye(len(owners), dtype=np.float32)[of_rows], weights)
        few = present[counts[present] < NAMED]
        if len(few):
            learnt += HeadRows.labelled(self.names[few], np.searchsorted(owners, place[few]), len(owners))
        head = fit_head(learnt, settings.c, present[owners])
        return head, of_rows[: len(self.topics)]

    def _with_pool(
        self,
        settings: SimilaritySettings,
        pool: Vectors,
        shown: IntArray,
        vectors: Vectors,
        topics: IntArray,
        counts: IntArray,
    ) -> LobedHead:
        """A head over all topics, the names and rows without a label among what it learns from.

        Together with names and a pool a weaker regularisation is best, and the pool counts less the more examples there
        are.
        """
        place = np.full(len(self.names), -1, np.int64)
        place[shown] = np.arange(len(shown))
        names, classes = self.names[shown], place[topics]
        held = anchors(names, vectors, classes)
        centres = prototypes(pool, held, _PULL_BY_ROWS if len(topics) else _PULL_BY_NAME)
        if not len(topics):
            return LobedHead(centres / _TEMPERATURE, np.zeros(len(shown), np.float32), shown)
        count = len(shown)
        weights = np.concatenate([self.weights, np.ones(len(vectors) - len(self.weights))]).astype(np.float32)
        labelled = HeadRows(vectors, np.eye(count, dtype=np.float32)[classes], weights)
        labelled += HeadRows.labelled(names, np.arange(count), count)
        scores = pool @ centres.T / _TEMPERATURE
        median, c = max(2.0, float(np.median(counts[shown]))), max(settings.c, _POOLED_C)
        if median >= 5:
            scores = scores + fit_head(labelled, c, shown).logits(pool)
        rng = np.random.default_rng(settings.seed)
        chosen = rng.permutation(len(pool))[:_MOST_POOLED]
        shares = damped(_shares(scores))[chosen]
        more = HeadRows(pool[chosen], shares, np.full(len(chosen), _POOL_WEIGHT / median, np.float32))
        return fit_head(labelled + more, c, shown)


def _shares(scores: Vectors) -> Vectors:
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Vectors = exponents / exponents.sum(axis=1, keepdims=True)
    return found
