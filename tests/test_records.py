"""Records are frozen and small."""

from dataclasses import FrozenInstanceError

import pytest

from topicsmith.records import Example, Query, TestSet, TrainSet


def test_records_cannot_be_changed() -> None:
    query = Query("q1", "why?", "t1")
    with pytest.raises(FrozenInstanceError):
        query.text = "how?"  # type: ignore[misc]  # the point of the test


def test_sets_give_texts_and_topics_in_order() -> None:
    rows = TrainSet((Example("1", "a", "X"), Example("2", "b", "Y")))
    assert (rows.texts, rows.topics, len(rows), [row.query_id for row in rows]) == (
        ["a", "b"],
        ["X", "Y"],
        2,
        ["1", "2"],
    )


def test_a_test_set_says_what_it_is_judged_by() -> None:
    assert TestSet((), truth="given", unlabelled=3).unlabelled == 3
