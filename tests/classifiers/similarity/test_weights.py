"""Weights that all topics share."""

from collections.abc import Sequence

import numpy as np
import pytest

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.features import FEATURES, Known
from topicsmith.classifiers.similarity.linear_head import LobedHead
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.senses import Senses
from topicsmith.classifiers.similarity.weights import FOLDS, Judged, arriving, fit_weights, learn_weights


@pytest.fixture
def known() -> Known:
    names = np.eye(4, dtype=np.float32)
    examples = np.repeat(names, 3, axis=0)
    head = LobedHead(3 * names, np.zeros(4, np.float32), np.arange(4))
    return Known.of(4, Senses(names, np.arange(4)), examples, np.repeat(np.arange(4), 3), head)


def test_an_arriving_topic_leaves_the_head_and_keeps_as_many_examples_as_said(known: Known) -> None:
    found = arriving(known, 1, 2, np.random.default_rng(0))
    assert found.counts.tolist() == [3, 2, 3, 3]
    assert found.in_head.tolist() == [True, False, True, True]
    assert found.examples[found.starts[1] : found.starts[2]].tolist() == [[0, 1, 0, 0]] * 2
    assert found.examples[found.starts[2]].tolist() == [0, 0, 1, 0]


def test_the_weight_of_a_feature_is_that_of_the_largest_likelihood() -> None:
    """Two topics, the feature one apart, three of four rows with the one it points at: odds of 3, weight log 3."""
    values = np.zeros((4, 2, len(FEATURES)))
    values[:, 0, 1] = 1
    judged = Judged(values, np.array([0, 0, 0, 1]), np.ones(4), np.arange(4))
    assert fit_weights([judged])[1] == pytest.approx(np.log(3), abs=2e-3)


def test_rows_of_a_fold_do_not_count_where_it_is_left_out() -> None:
    judged = Judged(np.zeros((4, 2, len(FEATURES))), np.zeros(4, np.int64), np.ones(4), np.array([0, 1, 2, 5]))
    assert judged.counting(0.5, 1).weights.tolist() == [0.5, 0.0, 0.5, 0.0]


def test_what_is_learnt_tells_a_topic_that_comes_from_those_that_are_there(known: Known) -> None:
    rng = np.random.default_rng(3)
    topics = np.arange(80) % 4
    queries = unit(np.eye(4, dtype=np.float32)[topics] + 0.2 * rng.normal(size=(80, 4)).astype(np.float32))
    weights = learn_weights(known, queries, topics, 13)
    assert weights.shape == (1 + FOLDS, len(FEATURES))
    from topicsmith.classifiers.similarity.features import features

    for count in (0, 1):
        later = arriving(known, 2, count, rng)
        answered = (features(queries, later) @ weights[0]).argmax(axis=1)
        assert (answered == topics).mean() > 0.95


def test_thousands_of_topics_do_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten numbers for each pair of a row and a topic: 2.6 GB where each arrival shows 300 rows of others."""
    topics, width = 3000, 8
    rng = np.random.default_rng(1)
    names = unit(rng.normal(size=(topics, width)).astype(np.float32))
    head = LobedHead(3 * names, np.zeros(topics, np.float32), np.arange(topics))
    known = Known.of(topics, Senses(names, np.arange(topics)), names, np.arange(topics), head)
    held: list[int] = []

    def counted(parts: Sequence[Judged]) -> FloatArray:
        held.append(sum(part.values.nbytes for part in parts))
        return np.zeros(len(FEATURES))

    monkeypatch.setattr("topicsmith.classifiers.similarity.weights.fit_weights", counted)
    of = rng.permutation(topics)[:1000]
    learn_weights(known, names[of], of, 13)
    assert len(held) == 1 + FOLDS
    assert max(held) < 3e8
