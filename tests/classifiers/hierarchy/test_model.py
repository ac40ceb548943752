"""Topics as the sum of their leaves."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.hierarchy.test_kind import TAXONOMY
from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.hierarchy.model import HierarchyClassifier
from topicsmith.classifiers.hierarchy.settings import Way
from topicsmith.classifiers.probabilities import predictions
from topicsmith.errors import UserError
from topicsmith.records import Prediction

LEAVES = ("Film", "Music", "Biology", "Golf", "Other")
PAIRS = ("Arts / Film", "Arts / Music", "Science / Biology", "Sport / Golf", "Other")
SHARES = np.array([[0.3, 0.25, 0.4, 0.0, 0.05], [0.1, 0.1, 0.2, 0.0, 0.6], [0, 0, 0, 1.0, 0]])


class Leaves:
    """Answers by the number of a row, and fails on the fourth."""

    def __init__(self, topics: tuple[str, ...] = LEAVES, *, sure: bool = True) -> None:
        self.topics, self.sure = topics, sure

    def predict(self, texts: Sequence[str]) -> Predictions:
        rows = np.stack([SHARES[int(text)] if text != "3" else np.full(5, np.nan) for text in texts])
        found = predictions(self.topics, rows)
        return found if self.sure else Predictions(found.items)

    def save(self, folder: Path) -> None:
        """Nothing."""


def deep(way: Way, *, sure: bool = True) -> HierarchyClassifier:
    inside = Leaves(LEAVES if way == "leaves" else PAIRS, sure=sure)
    return HierarchyClassifier(way, TAXONOMY, inside, {}, "linear")


def test_by_leaves_the_topic_is_the_likeliest_and_the_sum_of_its_leaves() -> None:
    made = deep("leaves")
    found = made.predict(["0", "1", "2", "3"])
    assert made.topics == ("Arts", "Science", "Sport", "Other")
    assert [(item.topic, item.subtopic) for item in found] == [
        ("Arts", "Film"), ("Other", None), ("Sport", "Golf"), (None, None),
    ]  # fmt: skip
    assert found.items[0].confidence == pytest.approx(0.55)
    assert found.items[3].status == "failed"
    assert found.probabilities == pytest.approx(
        np.array([[0.55, 0.4, 0, 0.05], [0.2, 0.2, 0, 0.6], [0, 0, 1, 0], [0, 0, 0, 0]])
    )
    pairs, shares = made.leaves(["0", "1"])
    assert pairs == (("Arts", "Film"), ("Arts", "Music"), ("Science", "Biology"), ("Sport", "Golf"), ("Other", None))
    assert shares == pytest.approx(SHARES[:2])


def test_jointly_it_is_that_of_the_likeliest_leaf() -> None:
    found = deep("joint").predict(["0"])
    assert (found.items[0].topic, found.items[0].subtopic) == ("Science", "Biology")
    assert found.items[0].confidence == pytest.approx(0.4)


def test_without_probabilities_the_likeliest_leaf_is_all_there_is() -> None:
    made = deep("leaves", sure=False)
    assert made.predict(["0"]).items == (Prediction("Science", 0.4, subtopic="Biology"),)
    with pytest.raises(UserError, match="'way: leaves' of 'linear' gives no probabilities of pairs"):
        made.leaves(["0"])
    with pytest.raises(UserError, match="'way: topic' of 'linear' gives no probabilities of pairs; use 'way: leaves'"):
        HierarchyClassifier("topic", TAXONOMY, Leaves(), {}, "linear").leaves(["0"])
