"""What is learnt from how many rows."""

import numpy as np
import pytest

from tests.classifiers.similarity.test_snapshot import NAMES, SETTINGS, TAXONOMY, WIDTH, drawn, encode
from topicsmith.classifiers.similarity.features import Known, features
from topicsmith.classifiers.similarity.fit import Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.learnt import Learnt
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.senses import Senses, encoded_senses, own_senses
from topicsmith.classifiers.similarity.snapshot import snapshot
from topicsmith.classifiers.similarity.weights import HEAD_ALONE, SHIPPED
from topicsmith.taxonomy import Taxonomy, Topic

PLAIN = Taxonomy(tuple(Topic(name, f"about {name}") for name in NAMES))
NONE = LabelledVectors(np.zeros((0, WIDTH), np.float32), np.zeros(0, np.int64), np.zeros(0))


def learnt_from(taxonomy: Taxonomy, each: int, held: int, pool: int) -> Learnt:
    names = encoded_senses([own_senses(topic) for topic in taxonomy.topics], encode)
    nothing = names.vectors[:0]
    ground = Ground(names, nothing, np.zeros(0, np.int64), drawn(NAMES, pool, 5) if pool else nothing)

    def rows(count: int, seed: int) -> LabelledVectors:
        if not count:
            return NONE
        return LabelledVectors(drawn(NAMES, count, seed), np.repeat(np.arange(8), count), np.ones(8 * count))

    return learn(SETTINGS, taxonomy, rows(each, 1), rows(held, 2), ground)


def accuracy(learnt: Learnt) -> float:
    found = snapshot(learnt, learnt.taxonomy, encode, None).probabilities(drawn(NAMES, 50, 3)).argmax(axis=1)
    return float((found == np.repeat(np.arange(8), 50)).mean())


@pytest.mark.parametrize(
    ("each", "pool", "least"), [(0, 0, 0.7), (0, 40, 0.85), (1, 40, 0.85), (5, 0, 0.85), (30, 0, 0.9)]
)
def test_any_number_of_examples_will_do(each: int, pool: int, least: float) -> None:
    assert accuracy(learnt_from(PLAIN, each, 0, pool)) > least


def test_without_rows_or_pool_nothing_is_trained() -> None:
    bare = learnt_from(PLAIN, 0, 0, 0)
    assert bare.head is None
    assert bare.weights.shape == (0, 10)
    assert bare.detector is None


def test_the_catch_all_is_told_by_the_detector_where_rows_are_held_back() -> None:
    with_rows, without = learnt_from(TAXONOMY, 30, 20, 0), learnt_from(TAXONOMY, 30, 0, 0)
    assert with_rows.catch_all == 8
    assert with_rows.head is not None
    assert 8 not in with_rows.head.owners
    assert without.catch_all == -1


def test_fewer_held_back_rows_than_thirty_leave_the_shipped_weights() -> None:
    assert len(learnt_from(PLAIN, 30, 3, 0).weights) == 0
    assert learnt_from(PLAIN, 30, 4, 0).weights.shape == (3, 10)


def broad(senses_each: tuple[int, ...], each: int, draw: int) -> float:
    """Accuracy on broad topics that say ``senses_each`` of themselves, with ``each`` rows a topic and no pool.

    A topic has eight centres; a topic with eight senses names them all, one with a single sense their middle.
    """
    rng = np.random.default_rng(draw)
    middles = unit(rng.normal(size=(len(senses_each), 1, WIDTH)).astype(np.float32))
    centres = unit((middles + 0.3 * rng.normal(size=(len(senses_each), 8, WIDTH))).astype(np.float32))
    said = [own if count == 8 else own.mean(axis=0)[None] for own, count in zip(centres, senses_each, strict=True)]
    words = np.concatenate(said) + 0.15 * rng.normal(size=(sum(senses_each), WIDTH))
    senses = Senses(unit(words.astype(np.float32)), np.repeat(np.arange(len(said)), senses_each))

    def drawn_from(count: int) -> LabelledVectors:
        topics = np.repeat(np.arange(len(said)), count)
        near = centres[topics, rng.integers(0, 8, len(topics))] + 0.1 * rng.normal(size=(len(topics), WIDTH))
        return LabelledVectors(unit(near.astype(np.float32)), topics, np.ones(len(topics)))

    nothing = senses.vectors[:0]
    taxonomy = Taxonomy(tuple(Topic(name) for name in NAMES[: len(said)]))
    learnt = learn(SETTINGS, taxonomy, drawn_from(each), NONE, Ground(senses, nothing, np.zeros(0, np.int64), nothing))
    names = Senses(unit(senses.vectors - learnt.name_centre), senses.owners)
    known = Known.of(len(said), names, learnt.rows, learnt.topics, learnt.head)
    queries = drawn_from(100)
    found = features(unit(queries.vectors - learnt.centre), known) @ (SHIPPED if learnt.head is None else HEAD_ALONE)
    return float((found.argmax(axis=1) == queries.topics).mean())


@pytest.mark.parametrize("senses_each", [(1, 1, 1, 1, 1, 1), (8, 8, 8, 1, 1, 1)])
def test_without_a_pool_few_examples_are_never_worse_than_fewer(senses_each: tuple[int, ...]) -> None:
    means = [np.mean([broad(senses_each, each, draw) for draw in range(6)]) for each in (0, 1, 5, 20)]
    assert (np.diff(means) > -0.005).all()
    assert means[1] > 0.84


def test_two_topics_that_nothing_tells_apart_share_what_is_said_of_them() -> None:
    """The same words, and each row under both: nobody could say which, and every other topic is told as before."""
    taxonomy = Taxonomy(tuple(Topic(name, "about it") for name in (*NAMES, "Banking 2")))
    vectors, topics = drawn(NAMES, 20, 1), np.repeat(np.arange(8), 20)
    doubled = np.concatenate([vectors, vectors[:20]])
    rows = LabelledVectors(doubled, np.concatenate([topics, np.full(20, 8)]), np.ones(180))
    said = [own_senses(topic) for topic in taxonomy.topics]
    said[8] = said[0]
    names = encoded_senses(said, encode)
    learnt = learn(SETTINGS, taxonomy, rows, NONE, Ground(names, vectors[:0], np.zeros(0, np.int64), vectors[:0]))
    found = snapshot(learnt, taxonomy, encode, None).probabilities(drawn(NAMES, 30, 3))
    of_others = found[30:].argmax(axis=1) == np.repeat(np.arange(1, 8), 30)
    assert of_others.mean() > 0.85
    assert found[:30, [0, 8]].sum(axis=1).mean() > 0.8
    assert found[:30, 0].mean() == pytest.approx(found[:30, 8].mean(), abs=0.1)
