"""From rows, names and unlabelled texts to what is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.probabilities import softmax
from topicsmith.classifiers.similarity.features import FEATURES, Known, scores_by
from topicsmith.classifiers.similarity.learnt import NEVER, Learnt
from topicsmith.classifiers.similarity.linear_head import Booleans, HeadRows, LobedHead, Vectors, fit_head, lobes
from topicsmith.classifiers.similarity.name_prior import anchors, damped, is_enough, prototypes, unit
from topicsmith.classifiers.similarity.novelty import Detector, Familiar, fit_detector
from topicsmith.classifiers.similarity.senses import Encode, Senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.similarity.weights import FOLDS, LEAST_ROWS, learn_weights
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy

FEW, NAMED = 20, 50
"""Below so many rows a sense, in the middle, senses are lobes and unlabelled rows help; below so many rows a topic, its
senses count as rows."""
_PULL_BY_NAME, _PULL_BY_ROWS = 0.15, 0.3
_TEMPERATURE = 0.05
_MOST_POOLED, _POOL_WEIGHT = 4000, 0.5
_OF_SENSES_C = 30.0
_NAME_WORTH = 3.0
"""How many examples a name is worth where no rows without a label say what it means."""
_TAUGHT = 5
"""From so many rows a topic, in the middle, what a head learnt from them alone says of the pool as well."""
_MOST_JUDGED = 2000
LEAST_HELD = 40


@dataclass(frozen=True)
class LabelledVectors:
    """Labelled rows: vectors as the encoder gives them (rows, width), topics and weights (rows,)."""

    vectors: Vectors
    topics: IntArray
    weights: FloatArray

    @classmethod
    def of(cls, rows: Sequence[Example], taxonomy: Taxonomy, encode: Encode) -> "LabelledVectors":
        """The vectors that ``encode`` gives the texts of ``rows``, with the topics as ``taxonomy`` counts them."""
        index = {name: at for at, name in enumerate(taxonomy.names)}
        return cls(
            encode([plain_text(row.text) for row in rows]),
            np.array([index[row.topic] for row in rows], np.int64),
            np.array([row.copies * row.weight for row in rows], np.float64),
        )


@dataclass(frozen=True)
class Ground:
    """What stands beside the labelled rows: what topics say of themselves, examples with their topics, a pool."""

    names: Senses
    examples: Vectors
    example_topics: IntArray
    pool: Vectors


def learn(
    settings: SimilaritySettings, taxonomy: Taxonomy, rows: LabelledVectors, held: LabelledVectors, ground: Ground
) -> Learnt:
    """Learn the head, how features count, and what fits nowhere; held-back rows choose, as validation rows do."""
    rows = _by_topic(rows)
    plain = (
        _mean([rows.vectors, ground.pool]) if len(rows.vectors) + len(ground.pool) else _mean([ground.names.vectors])
    )
    name_centre, topics = _mean([ground.names.vectors]), len(taxonomy.topics)
    vectors, pool = unit(rows.vectors - plain), unit(ground.pool - plain)
    names = Senses(unit(ground.names.vectors - name_centre), ground.names.owners)
    examples, held_vectors = unit(ground.examples - plain), unit(held.vectors - plain)
    outside = _catch_all(taxonomy, rows, held)
    inside, kept = rows.topics != outside, held.topics != outside
    labelled = LabelledVectors(vectors[inside], rows.topics[inside], rows.weights[inside])
    of_head = _Work(topics, labelled, names, examples, ground.example_topics)
    head, of_rows = of_head.fit(settings, pool, outside)
    all_lobes = np.full(len(vectors), -1, np.int64)
    all_lobes[inside] = of_rows
    weights = np.zeros((0, len(FEATURES)))
    held_topics = held.topics[kept]
    rng = np.random.default_rng(settings.seed)
    order = rng.permutation(len(held_topics))
    if len(held_topics) >= LEAST_ROWS and head is not None:
        owners = np.concatenate([rows.topics[inside], ground.example_topics])
        known = Known.of(topics, names, np.concatenate([vectors[inside], examples]), owners, head)
        judged = order[:_MOST_JUDGED]
        shown = _shown(known, outside)
        weights = learn_weights(shown, held_vectors[kept][judged], _moved(held_topics[judged], outside), settings.seed)
    shown_held = order[:_MOST_JUDGED]
    held_scores = np.full((len(shown_held), topics), NEVER)
    if len(weights):
        fold = 1 + np.arange(len(shown_held)) % FOLDS
        found = scores_by(weights[fold], held_vectors[kept][shown_held], shown)
        held_scores[:, np.arange(topics) != outside] = found
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
    kept = np.arange(known.topics) != outside
    owners = np.repeat(np.arange(known.topics), known.counts)
    head = known.head
    if head is not None:
        head = LobedHead(head.weights, head.intercepts, _moved(head.owners, outside))
    inside = owners != outside
    moved = _moved(owners[inside], outside)
    return Known.of(known.topics - 1, known.names.of(kept), known.examples[inside], moved, head)


def _moved(topics: IntArray, outside: int) -> IntArray:
    """Indices of topics once the topic ``outside`` is gone."""
    return topics - (topics > outside) if outside >= 0 else topics


@dataclass(frozen=True)
class _Work:
    """The centred rows that a head for ``topics`` topics is fitted on."""

    topics: int
    rows: LabelledVectors
    names: Senses
    examples: Vectors
    example_topics: IntArray

    def fit(self, settings: SimilaritySettings, pool: Vectors, outside: int) -> tuple[LobedHead | None, IntArray]:
        """The head, if there is anything to learn it from, and the lobe of each row."""
        shown = np.arange(self.topics) != outside
        inside = self.example_topics != outside
        vectors = np.concatenate([self.rows.vectors, self.examples[inside]])
        topics = np.concatenate([self.rows.topics, self.example_topics[inside]])
        weights = np.concatenate([self.rows.weights, np.ones(int(inside.sum()))])
        told = LabelledVectors(vectors, topics, weights)
        counts = np.bincount(topics, minlength=self.topics)
        senses = np.bincount(self.names.owners, minlength=self.topics)
        median = float(np.median((counts / np.maximum(senses, 1))[shown]))
        helps = settings.unlabelled and is_enough(pool, int(shown.sum()))
        if median < FEW and (helps or len(topics)):
            head, lobe = self._of_senses(settings, pool if helps else pool[:0], shown, told, median)
        elif (counts > 0).sum() >= 2:
            head, lobe = self._of_rows(settings, told, counts)
        else:
            return None, np.zeros(len(self.rows.topics), np.int64)
        return head, lobe[: len(self.rows.topics)]

    def _of_rows(
        self, settings: SimilaritySettings, told: LabelledVectors, counts: IntArray
    ) -> tuple[LobedHead, IntArray]:
        present = np.flatnonzero(counts)
        place = np.full(self.topics, -1, np.int64)
        place[present] = np.arange(len(present))
        of_rows, owners = lobes(told.vectors, place[told.topics], len(present), settings.seed)
        weights = told.weights.astype(np.float32)
        learnt = HeadRows(told.vectors, np.eye(len(owners), dtype=np.float32)[of_rows], weights)
        few = self.names.of((counts > 0) & (counts < NAMED))
        if len(few.owners):
            named = np.flatnonzero((counts > 0) & (counts < NAMED))[few.owners]
            learnt += HeadRows.labelled(few.vectors, np.searchsorted(owners, place[named]), len(owners))
        return fit_head(learnt, settings.c, present[owners]), of_rows

    def _of_senses(
        self,
        settings: SimilaritySettings,
        pool: Vectors,
        shown: Booleans,
        told: LabelledVectors,
        median: float,
    ) -> tuple[LobedHead, IntArray]:
        """A head with a lobe for each sense, the senses and rows without a label, if any, among what it learns from.

        The pool counts less the more examples there are.
        """
        senses = self.names.of(shown)
        owners, count = np.flatnonzero(shown)[senses.owners], len(senses.owners)
        to_senses = np.where(told.topics[:, None] == owners, told.vectors @ senses.vectors.T, -np.inf)
        lobe = to_senses.argmax(axis=1)
        if not len(pool):
            each = float(np.median(np.bincount(told.topics, minlength=self.topics)[shown]))
            return _held_to_names(settings, senses, owners, told, lobe, each), lobe
        held = anchors(senses.vectors, told.vectors, lobe)
        centres = prototypes(pool, held, _PULL_BY_ROWS if len(lobe) else _PULL_BY_NAME)
        if not len(lobe):
            return LobedHead(centres / _TEMPERATURE, np.zeros(count, np.float32), owners), lobe
        labelled = HeadRows(told.vectors, np.eye(count, dtype=np.float32)[lobe], told.weights.astype(np.float32))
        labelled += HeadRows.labelled(senses.vectors, np.arange(count), count)
        c = max(settings.c, _OF_SENSES_C)
        scores = pool @ centres.T / _TEMPERATURE
        if median >= _TAUGHT:
            scores = scores + fit_head(labelled, c, owners).logits(pool)
        rng = np.random.default_rng(settings.seed)
        chosen = rng.permutation(len(pool))[:_MOST_POOLED]
        share = np.full(len(chosen), _POOL_WEIGHT / max(2.0, median), np.float32)
        more = HeadRows(pool[chosen], damped(softmax(scores))[chosen], share)
        return fit_head(labelled + more, c, owners), lobe


def _held_to_names(
    settings: SimilaritySettings,
    senses: Senses,
    owners: IntArray,
    told: LabelledVectors,
    lobe: IntArray,
    each: float,
) -> LobedHead:
    """A head over senses from few rows and nothing else: what lies near, and the more rows, the more they teach.

    ``each`` is how many rows a topic has, in the middle. A topic's probability is the sum over its senses, and how many
    these are must not count: each topic's weigh as one in all, and the head is held back as many times less as topics
    have senses. Without what lies near, one example of a broad topic would undo what its description says: CLINC150's
    domains are told at .68 by a line of prose each, and would be at .56 with an example more.
    """
    count, topics = len(owners), len(np.unique(owners))
    own = np.bincount(owners)[owners]
    classes = np.eye(count, dtype=np.float32)
    taught = HeadRows(told.vectors, classes[lobe], told.weights.astype(np.float32))
    taught += HeadRows(senses.vectors, classes, (count / topics / own).astype(np.float32))
    head = fit_head(taught, max(settings.c, _OF_SENSES_C) * count / topics, owners)
    near = anchors(senses.vectors, told.vectors, lobe, _NAME_WORTH) / np.float32(_TEMPERATURE)
    share = np.float32(1 / (1 + each))
    return LobedHead(head.weights + share * near, head.intercepts - share * np.log(own).astype(np.float32), owners)
