import numpy as np
import pytest

from tests.classifiers.conftest import Listener
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.training_targets import training_targets, validation_targets
from topicsmith.errors import TaxonomyError, TrainingError
from topicsmith.records import Example, TrainSet, ValidationSet


def _train(*rows: tuple[str, str, int]) -> TrainSet:
    return TrainSet(tuple(Example(str(i), text, topic, copies=n) for i, (text, topic, n) in enumerate(rows)))


def test_topics_are_in_the_order_of_the_taxonomy_and_left_out_rows_are_left_out(context: FitContext) -> None:
    targets = training_targets(_train(("x", "Other", 2), ("y", "Cooking", 1), ("z", "Cooking", 0)), context)
    assert targets.topics == ("Cooking", "Other")
    assert targets.texts == ["x", "y"]
    assert targets.indices.tolist() == [1, 0]
    assert targets.copies.tolist() == [2, 1]


def test_a_topic_without_rows_is_named(context: FitContext, listener: Listener) -> None:
    training_targets(_train(("x", "Other", 1), ("y", "Cooking", 1)), context)
    assert listener.lines == ["no training row has: Music; it will never be predicted until rows of it are labelled"]


def test_one_topic_is_not_enough(context: FitContext) -> None:
    with pytest.raises(TrainingError, match="1 of 3 topics have training rows"):
        training_targets(_train(("x", "Other", 1)), context)


def test_a_topic_outside_the_taxonomy(context: FitContext) -> None:
    with pytest.raises(TaxonomyError, match="'Travel', which is not in the taxonomy"):
        training_targets(_train(("x", "Other", 1), ("y", "Travel", 1)), context)


def test_validation_rows_of_unknown_topics_are_marked() -> None:
    rows = ValidationSet((Example("1", "x", "b"), Example("2", "y", "c")))
    targets = validation_targets(rows, ("a", "b"))
    assert np.array_equal(targets.indices, [1, -1])


def test_copies_and_weights_make_up_how_much_a_row_counts(context: FitContext) -> None:
    rows = TrainSet(
        (Example("0", "x", "Other", copies=3), Example("1", "y", "Cooking", weight=0.5), Example("2", "z", "Other"))
    )
    assert training_targets(rows, context).weights.tolist() == [3.0, 0.5, 1.0]
    assert validation_targets(ValidationSet((Example("1", "x", "b"),)), ("a", "b")).weights.tolist() == [1.0]
