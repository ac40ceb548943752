"""Which topics can be corrected."""

import numpy as np

from topicsmith.shares.separability import correctable, imagined

SEPARATE = np.array([[9.0, 1, 0, 0], [1, 8, 1, 0], [0, 1, 9, 0]])


def test_topics_that_are_told_apart_stand_alone() -> None:
    found = correctable(SEPARATE, np.array([10, 10, 10]))
    assert (found.classes, found.unjudged, found.possible) == (((0,), (1,), (2,)), (), True)


def test_a_topic_with_few_judged_rows_stands_aside() -> None:
    found = correctable(SEPARATE, np.array([10, 4, 10]))
    assert (found.classes, found.unjudged) == (((0,), (2,)), (1,))


def test_topics_answered_alike_are_corrected_together() -> None:
    mixed = np.array([[9.0, 1, 0, 0], [18, 2, 0, 0], [0, 1, 9, 0]])
    found = correctable(mixed, np.array([10, 20, 10]))
    assert found.classes == ((0, 1), (2,))
    assert found.merge(mixed).tolist() == [[27, 3, 0, 0], [0, 1, 9, 0]]


def test_a_constant_classifier_separates_nothing() -> None:
    constant = np.array([[10.0, 0, 0, 0], [10, 0, 0, 0], [10, 0, 0, 0]])
    found = correctable(constant, np.array([10, 10, 10]))
    assert (found.classes, found.possible) == (((0, 1, 2),), False)


def test_a_topic_that_is_the_mixture_of_two_others_is_not_separate() -> None:
    mixture = np.array([[10.0, 0, 0, 0], [0, 0, 10, 0], [5, 0, 5, 0]])  # no pair is alike, yet the matrix is singular
    found = correctable(mixture, np.array([10, 10, 10]))
    assert len(found.classes) == 2


def test_a_topic_answered_only_as_one_that_stands_aside_stands_aside_too() -> None:
    lost = np.array([[10.0, 0, 0, 0], [0, 10, 0, 0], [0, 0, 3, 0], [0, 0, 10, 0]])
    lost = np.column_stack([lost, np.zeros(4)])
    assert correctable(lost, np.array([10, 10, 3, 10])).unjudged == (2, 3)


def test_a_topic_nobody_was_answered_with_gets_one_right_row() -> None:
    assert imagined(np.array([[5.0, 0, 0], [5, 0, 0]])).tolist() == [[0, 0, 0], [0, 1, 0]]
