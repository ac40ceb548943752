"""Features worked out by hand."""

import numpy as np
import pytest

from topicsmith.classifiers.similarity.features import FEATURES, Known, features, head_log_probabilities
from topicsmith.classifiers.similarity.linear_head import LobedHead
from topicsmith.classifiers.similarity.senses import Senses

NAMES = Senses(np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32), np.arange(3))
EXAMPLES = np.array([[0, 1], [1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32)


def test_a_topic_in_the_head_and_one_that_is_not() -> None:
    head = LobedHead(np.array([[2, 0], [0, 2]], np.float32), np.zeros(2, np.float32), np.array([0, 1]))
    known = Known.of(3, NAMES, EXAMPLES, np.array([1, 0, 0, 0, 0]), head)
    assert known.counts.tolist() == [4, 1, 0]
    found = features(np.array([[1, 0]], np.float32), known)[0]
    assert found.shape == (3, len(FEATURES))
    log = np.log(np.exp([2, 0]) / (np.exp(2) + 1))
    assert found[0] == pytest.approx([log[0], 1, (1 + 0.8 + 0.6) / 3, 1, 0, 0, 0, 0, 0, 0])
    assert found[1] == pytest.approx([log[1], 0, 0, 0, 0, 0, 0, 0, 0, 0])
    assert found[2] == pytest.approx([0, 0, 0, 0, 1, 0.6, 0, 0, 1, 0])


def test_a_topic_that_came_later_tells_how_many_examples_it_has() -> None:
    known = Known.of(3, NAMES, EXAMPLES[:3], np.array([2, 2, 2]), None)
    found = features(np.array([[0, 1]], np.float32), known)[0, 2]
    assert found == pytest.approx([0, 0, 0, 0, 1, 0.8, (1 + 0 + 0.6) / 3, 1, 0, np.log(4)])


def test_lobes_are_added_up() -> None:
    head = LobedHead(np.zeros((4, 2), np.float32), np.zeros(4, np.float32), np.array([0, 1, 1, 1]))
    found = head_log_probabilities(np.ones((1, 2), np.float32), head, 3)
    assert np.exp(found[0, :2]) == pytest.approx([0.25, 0.75])
    assert found[0, 2] == 0


def test_no_query_is_no_row() -> None:
    known = Known.of(3, NAMES, EXAMPLES[:0], np.zeros(0, np.int64), None)
    assert features(np.zeros((0, 2), np.float32), known).shape == (0, 3, len(FEATURES))
