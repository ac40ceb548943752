"""Classes out of names and rows without labels."""

import numpy as np
import pytest

from topicsmith.classifiers.similarity.name_prior import anchors, belongs, damped, is_enough, prototypes, unit


def test_one_example_counts_as_much_as_the_name_and_three_three_times() -> None:
    names = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    vectors = np.array([[0, 1], [1, 0], [1, 0], [1, 0]], np.float32)
    found = anchors(names, vectors, np.array([0, 1, 1, 1]))
    assert found[0] == pytest.approx([2**-0.5, 2**-0.5])
    assert found[1] == pytest.approx(np.array([3, 1]) / 10**0.5)
    assert found[2] == pytest.approx([1, 0])


def test_a_class_that_takes_four_times_as_much_is_damped_by_two() -> None:
    found = damped(np.array([[0.8, 0.2]] * 5, np.float32))
    assert found[0] == pytest.approx([0.4 / 0.6, 0.2 / 0.6], abs=1e-6)


def test_prototypes_move_to_the_rows_that_their_names_point_at() -> None:
    rng = np.random.default_rng(2)
    true = unit(rng.normal(size=(3, 24)).astype(np.float32))
    pool = unit(true[np.arange(300) % 3] + 0.1 * rng.normal(size=(300, 24)).astype(np.float32))
    names = unit(true + 0.25 * rng.normal(size=(3, 24)).astype(np.float32))
    found = prototypes(pool, names, 0.15)
    before, after = (names * true).sum(axis=1), (found * true).sum(axis=1)
    assert (after > before).all()
    assert (belongs(pool, found).argmax(axis=1) == np.arange(300) % 3).all()


def test_twenty_rows_a_topic_are_enough() -> None:
    assert is_enough(np.zeros((60, 2), np.float32), 3)
    assert not is_enough(np.zeros((59, 2), np.float32), 3)
