"""Today's topics out of what was learnt: made anew when the taxonomy's file is saved, and never changed."""

from dataclasses import dataclass, replace

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.probabilities import softmax
from topicsmith.classifiers.similarity.features import Known, scores_by
from topicsmith.classifiers.similarity.learnt import NEVER, Learnt
from topicsmith.classifiers.similarity.linear_head import Booleans, Vectors
from topicsmith.classifiers.similarity.name_prior import anchors, unit
from topicsmith.classifiers.similarity.novelty import Familiar, scores
from topicsmith.classifiers.similarity.senses import Encode, Senses, encoded_senses, own_examples, own_senses
from topicsmith.classifiers.similarity.weights import FOLDS, HEAD_ALONE, SHIPPED
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.taxonomy import Taxonomy, Topic, normalise


@dataclass(frozen=True)
class Snapshot:
    """The topics of ``taxonomy`` and what is known of them.

    A topic has a part for each trained topic that it stands for today, or one of its own: what was merged is still
    compared apart, so that its rows are recognised as before and other topics lose nothing. ``topic_of`` (parts,) says
    whose each part is. ``came_later`` (parts,) are those that the head does not know; ``allowance`` is taken off their
    scores. ``familiar`` and ``learnt`` tell what no topic fits; ``catch_all`` is its topic, -1 where none is told so.
    """

    taxonomy: Taxonomy
    learnt: Learnt
    known: Known
    topic_of: IntArray
    came_later: Booleans
    allowance: float
    familiar: Familiar | None
    catch_all: int

    @property
    def version(self) -> str:
        """Which taxonomy answers are given by."""
        return self.taxonomy.version_digest

    def probabilities(self, vectors: Vectors) -> FloatArray:
        """Shape (texts, topics) for vectors of length one as the encoder gives them."""
        queries = unit(vectors - self.learnt.centre)
        of_parts = self.part_scores(queries)
        found = joined(softmax(of_parts), self.topic_of, len(self.taxonomy.topics))
        if self.familiar is None or self.learnt.detector is None or self.catch_all < 0:
            return found
        log_odds = self.learnt.detector.log_odds(
            scores(queries, self.familiar, over_head=_over_head(of_parts, self.came_later))
        )
        return with_catch_all(found, log_odds, self.catch_all)

    def part_scores(self, queries: Vectors) -> FloatArray:
        """Log-probabilities of the parts up to a constant a row, shape (texts, parts); ``queries`` are centred."""
        found = scores_by(self.weights, queries, self.known)
        found[:, self.came_later] -= self.allowance
        return found

    @property
    def weights(self) -> FloatArray:
        """How much each feature counts: as learnt, or as shipped."""
        if len(self.learnt.weights):
            found: FloatArray = self.learnt.weights[0]
            return found
        return HEAD_ALONE if self.known.in_head.all() else SHIPPED


def _over_head(of_parts: FloatArray, later: Booleans) -> FloatArray:
    """By how much parts that came later beat the best of the others."""
    if later.all() or not later.any():
        return np.zeros((len(of_parts), 0))
    found: FloatArray = of_parts[:, later] - of_parts[:, ~later].max(axis=1, keepdims=True)
    return found


def joined(of_parts: FloatArray, topic_of: IntArray, topics: int) -> FloatArray:
    """Probabilities of parts added up by topic, shape (texts, topics).

    The topic of the most probable part stays the most probable: where several weaker parts of another topic would
    outweigh it together, that topic gets as much and no more.
    """
    found = np.zeros((len(of_parts), topics))
    for part, topic in enumerate(topic_of):
        found[:, topic] += of_parts[:, part]
    best = topic_of[of_parts.argmax(axis=1)]
    return _leading(found, best)


def _leading(found: FloatArray, best: IntArray) -> FloatArray:
    """``found`` with ``best`` (texts,) the largest of each row, which is scaled to one where anything had to give."""
    rows = np.arange(len(found))
    most = found[rows, best][:, None] * (1 - 1e-6)
    others = np.minimum(found, most)
    others[rows, best] = found[rows, best]
    changed = (others != found).any(axis=1)
    others[changed] /= others[changed].sum(axis=1, keepdims=True)
    return others


def with_catch_all(found: FloatArray, log_odds: FloatArray, catch_all: int) -> FloatArray:
    """``found`` with the catch-all's probability: the largest where its log odds are above zero, and only there."""
    outside = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
    best = np.where(log_odds > 0, catch_all, found.argmax(axis=1))
    mixed = found * (1 - outside)[:, None]
    mixed[:, catch_all] = outside
    return _leading(mixed, best)


def snapshot(learnt: Learnt, taxonomy: Taxonomy, encode: Encode, old_loss: float | None) -> Snapshot:
    """The topics of ``taxonomy``, which may have been edited since ``learnt``.

    Labelled rows follow their topic by its present and former names. Those of a topic that was split go to the part
    that is nearest by name; those of a removed one are left out.
    """
    parts = _Parts(learnt, taxonomy)
    said = encoded_senses(parts.texts, encode)
    names = Senses(unit(said.vectors - learnt.name_centre), said.owners)
    rows, owners = _examples(learnt, taxonomy, parts, names, encode)
    head = None
    if learnt.head is not None:
        head = learnt.head.owned(parts.part_of_trained[learnt.head.owners])
    known = Known.of(len(parts.texts), names, rows, owners, head if head is not None and len(head.owners) else None)
    made = Snapshot(
        taxonomy,
        learnt,
        known,
        np.array(parts.topic_of, np.int64),
        ~known.in_head if known.head is not None else np.zeros(len(parts.texts), dtype=bool),
        0.0,
        _familiar(learnt, parts, known),
        parts.catch_all,
    )
    return made if old_loss is None else _with_allowance(made, parts, old_loss)


class _Parts:
    """Which parts today's topics have, and where each comes from."""

    def __init__(self, learnt: Learnt, taxonomy: Taxonomy) -> None:
        trained, today = learnt.taxonomy, {name: at for at, name in enumerate(taxonomy.names)}
        self.catch_all = -1
        if learnt.catch_all >= 0 and taxonomy.catch_all is not None:
            self.catch_all = today[taxonomy.catch_all]
        self.topic_of: list[int] = []
        self.origins: list[int] = []
        self.texts: list[list[str]] = []
        self.part_of_trained = np.full(len(trained.topics), -1, np.int64)
        self.first_part: dict[int, int] = {}
        for index, topic in enumerate(trained.topics):
            now = taxonomy.match(topic.name)
            if index != learnt.catch_all and now is not None and today[now] != self.catch_all:
                self.part_of_trained[index] = self._add(today[now], index, own_senses(topic))
        for at, topic in enumerate(taxonomy.topics):
            if at == self.catch_all:
                continue
            if at not in self.first_part:
                self._add(at, -1, own_senses(topic))
                continue
            leading = self._leading_part(at, topic, trained)
            if topic.description != trained.topics[self.origins[leading]].description:
                self.texts[leading] = own_senses(topic)

    def _add(self, topic: int, origin: int, texts: list[str]) -> int:
        self.topic_of.append(topic)
        self.origins.append(origin)
        self.texts.append(texts)
        self.first_part.setdefault(topic, len(self.texts) - 1)
        return len(self.texts) - 1

    def _leading_part(self, at: int, topic: Topic, trained: Taxonomy) -> int:
        """Of the parts of a topic the one that had its name."""
        own = [part for part, of in enumerate(self.topic_of) if of == at]
        form = normalise(topic.name)
        return next((part for part in own if normalise(trained.names[self.origins[part]]) == form), own[0])


def _examples(
    learnt: Learnt, taxonomy: Taxonomy, parts: _Parts, names: Senses, encode: Encode
) -> tuple[Vectors, IntArray]:
    """Labelled rows and the file's examples, and the part that each belongs to."""
    owners = parts.part_of_trained[learnt.topics]
    split_into: dict[str, list[int]] = {}
    for at, now in enumerate(taxonomy.topics):
        for source in now.sources or () if at in parts.first_part else ():
            split_into.setdefault(normalise(source), []).append(parts.first_part[at])
    for index, topic in enumerate(learnt.taxonomy.topics if split_into else ()):
        into = split_into.get(normalise(topic.name))
        if into and parts.part_of_trained[index] < 0 and index != learnt.catch_all:
            of_topic = np.flatnonzero(learnt.topics == index)
            near = names.nearest(learnt.rows[of_topic], len(parts.texts))[:, into]
            owners[of_topic] = np.array(into)[near.argmax(axis=1)]
    told = [
        (text, parts.first_part[at])
        for at, topic in enumerate(taxonomy.topics)
        if at in parts.first_part
        for text in own_examples(topic)
    ]
    written = unit(encode([text for text, _ in told]) - learnt.centre) if told else learnt.rows[:0]
    kept = owners >= 0
    vectors, owners = (learnt.rows, owners) if kept.all() else (learnt.rows[kept], owners[kept])
    if not told:
        return vectors, owners
    return np.concatenate([vectors, written]), np.concatenate([owners, np.array([part for _, part in told], np.int64)])


def _familiar(learnt: Learnt, parts: _Parts, known: Known) -> Familiar | None:
    """What queries are compared with today: topics that came later stand at their names and examples."""
    whole = learnt.familiar
    if whole is None or known.head is None:
        return None
    assert learnt.head is not None
    shown = parts.part_of_trained[learnt.head.owners] >= 0
    of_examples = np.repeat(np.arange(known.topics), known.counts)
    later = ~known.in_head
    own = known.names.of(later)
    rows = later[of_examples]
    places = (np.cumsum(later) - 1)[of_examples[rows]]
    held = anchors(_middles(own, int(later.sum())), known.examples[rows], places)
    return Familiar(
        known.head,
        known.examples if len(known.examples) else known.names.vectors,
        of_examples,
        np.concatenate([whole.centres[shown], held]),
        whole.within,
        whole.overall,
        whole.middle,
        whole.outside,
    )


def _middles(senses: Senses, topics: int) -> Vectors:
    """The middle of what each topic says of itself, of length one."""
    sums = np.zeros((topics, senses.vectors.shape[1]), np.float32)
    np.add.at(sums, senses.owners, senses.vectors)
    return unit(sums)


def _with_allowance(made: Snapshot, parts: _Parts, old_loss: float) -> Snapshot:
    """``made`` with what topics that came later must score more, so that old ones lose at most ``old_loss``.

    By split conformal prediction on held-back rows that were answered rightly without them, each scored by weights that
    were learnt on other rows: so many of n + 1 may lie above that the expected share keeps the limit, and a share twice
    as large has a probability of 5 % at most.
    """
    learnt = made.learnt
    later = np.flatnonzero(made.came_later)
    if not len(later) or not len(learnt.weights):
        return made
    owners = np.repeat(np.arange(made.known.topics), made.known.counts)
    rows = made.came_later[owners]
    names, places = made.known.names.of(made.came_later), np.searchsorted(later, owners[rows])
    new = Known.of(len(later), names, made.known.examples[rows], places, None)
    fold = 1 + np.arange(len(learnt.held)) % FOLDS
    of_new = scores_by(learnt.weights[fold], learnt.held, new).max(axis=1)
    assert learnt.head is not None
    still = (parts.part_of_trained >= 0) & np.isin(np.arange(len(parts.part_of_trained)), learnt.head.owners)
    old = np.where(still, learnt.held_scores, NEVER)
    right = still[learnt.held_topics] & (old.argmax(axis=1) == learnt.held_topics)
    margins = np.sort(of_new[right] - old[right].max(axis=1))[::-1]
    if not len(margins):
        return made
    allowed = _may_exceed(int(still[learnt.held_topics].sum()), old_loss)
    return replace(made, allowance=max(0.0, float(margins[min(allowed, len(margins) - 1)]) + 1e-9))


def _may_exceed(rows: int, limit: float) -> int:
    """How many of ``rows`` may lie above a bound; the share of new ones above it is then Beta distributed."""
    from scipy.stats import beta

    most = max(0, int(np.floor(limit * (rows + 1))) - 1)
    while most and beta.ppf(0.95, most + 1, rows - most) > 2 * limit:
        most -= 1
    return most
