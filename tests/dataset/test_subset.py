"""Subsets of training rows for learning curves."""

from collections import Counter

import pytest

from topicsmith.dataset.subset import subset
from topicsmith.errors import ProjectError
from topicsmith.records import Example, TrainSet


def rows(**counts: int) -> TrainSet:
    return TrainSet(tuple(Example(f"{topic}{i}", f"text {i}", topic) for topic, n in counts.items() for i in range(n)))


def test_the_shares_of_the_topics_are_kept() -> None:
    chosen = subset(rows(arts=80, science=40, other=8), 32, seed=13)
    assert Counter(chosen.topics) == {"arts": 20, "science": 10, "other": 2}


def test_a_smaller_subset_is_part_of_a_larger_one() -> None:
    train = rows(arts=50, science=31, other=7)
    sets = [{e.query_id for e in subset(train, size, seed=1)} for size in (5, 20, 60, 88)]
    assert [len(chosen) for chosen in sets] == [5, 20, 60, 88]
    assert sets[0] < sets[1] < sets[2] < sets[3]


def test_the_seed_and_nothing_else_decides() -> None:
    train = rows(arts=50, science=50)
    backwards = TrainSet(tuple(reversed(train.examples)))
    ids = {e.query_id for e in subset(train, 20, seed=1)}
    assert ids == {e.query_id for e in subset(backwards, 20, seed=1)}
    assert ids != {e.query_id for e in subset(train, 20, seed=2)}


def test_rows_left_out_by_balancing_do_not_count() -> None:
    left_out = Example("z", "text", "arts", copies=0)
    train = TrainSet((*rows(arts=3).examples, left_out))
    assert len(subset(train, 3, seed=1)) == 3
    with pytest.raises(ProjectError, match=r"'train_size: 4' asks for more rows than there are to train on \(3\)"):
        subset(train, 4, seed=1)
