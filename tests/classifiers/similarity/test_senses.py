"""What topics say of themselves."""

import numpy as np
import pytest

from topicsmith.classifiers.similarity.senses import Senses, encoded_senses, own_examples, own_senses
from topicsmith.taxonomy import Topic


@pytest.mark.parametrize(
    ("description", "items"),
    [
        ("Cooking: recipes, ingredients, and cooking time.", ["recipes", "ingredients", "cooking time"]),
        ("flights; hotels; visas or vaccines", ["flights", "hotels", "visas", "vaccines"]),
        ("", None),
        ("questions about cooking, and what to eat", None),
        ("anything at all that a person may ever want to know of a bank, its people, and whatever else they do", None),
    ],
)
def test_a_list_has_a_sense_for_each_item_and_prose_has_one(description: str, items: list[str] | None) -> None:
    whole = f"A: {description}" if description else "A"
    assert own_senses(Topic("A", description)) == ([f"A: {item}" for item in items] if items else [whole])


def test_examples_are_the_topics_and_its_subtopics() -> None:
    assert own_examples(Topic("A", "x", ("e",), (Topic("b", "c"),))) == ["e", "b: c"]


def test_the_nearest_sense_counts() -> None:
    senses = Senses(np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32), np.array([0, 0, 2]))
    found = senses.nearest(np.array([[0, 1], [1, 0]], np.float32), 3)
    assert found == pytest.approx(np.array([[1, -1, 0.8], [1, -1, 0.6]]))
    kept = senses.of(np.array([False, True, True]))
    assert kept.owners.tolist() == [1]


def test_senses_are_encoded_in_one_go() -> None:
    asked: list[list[str]] = []

    def encode(texts: object) -> np.ndarray:
        asked.append(list(texts))  # type: ignore[call-overload]
        return np.eye(3, dtype=np.float32)

    assert encoded_senses([["a", "b"], ["c"]], encode).owners.tolist() == [0, 0, 1]
    assert asked == [["a", "b", "c"]]
