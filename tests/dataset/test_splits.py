"""Splits: shares, strata, groups, and given splits."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.dataset.splits import assign
from topicsmith.errors import ProjectError
from topicsmith.project import SplitSettings
from topicsmith.records import Label, Query, Split


def _query(number: int, group: str | None = None, split: Split | None = None, text: str = "") -> Query:
    return Query(f"q{number}", text or f"text {number}", f"t{number}", group=group, split=split)


def _label(number: int, topic: str | None) -> Label:
    return Label(f"q{number}", topic, None, "agreed" if topic else "disagreed")


def test_shares_hold_overall_and_in_every_topic() -> None:
    topics = ["A"] * 600 + ["B"] * 300 + ["C"] * 80 + [None] * 20
    queries = [_query(n) for n in range(1000)]
    splits = assign(queries, [_label(n, t) for n, t in enumerate(topics)], SplitSettings())
    counts = Counter(a.split for a in splits.assignments)
    assert counts == {"train": 750, "validation": 100, "test": 150}
    for topic, size in (("A", 600), ("B", 300), ("C", 80), (None, 20)):
        inside = Counter(a.split for a, t in zip(splits.assignments, topics, strict=True) if t == topic)
        shares: dict[Split, float] = {"train": 0.75, "validation": 0.1, "test": 0.15}
        for split, share in shares.items():
            assert abs(inside[split] - share * size) <= 2
    assert splits.notes == ()


def test_many_small_topics_do_not_tilt_the_shares() -> None:
    topics = [f"topic {n // 3}" for n in range(300)]
    splits = assign([_query(n) for n in range(300)], [_label(n, t) for n, t in enumerate(topics)], SplitSettings())
    counts = Counter(a.split for a in splits.assignments)
    assert counts["validation"] == pytest.approx(30, abs=2)
    assert counts["test"] == pytest.approx(45, abs=2)
    trained = {t for a, t in zip(splits.assignments, topics, strict=True) if a.split == "train"}
    assert len(trained) == 100


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    queries = [_query(n) for n in range(200)]
    labels = [_label(n, "AB"[n % 2]) for n in range(200)]

    def sides(rows: list[Query], seed: int) -> dict[str, Split]:
        return {a.query_id: a.split for a in assign(rows, labels, SplitSettings(seed=seed)).assignments}

    assert sides(queries, 13) == sides(queries[::-1], 13)
    assert sides(queries, 13) != sides(queries, 14)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.sampled_from(["A", "B", "C", None])), min_size=1, max_size=80),
    st.integers(0, 5),
)
def test_groups_never_cross_and_every_query_is_assigned_once(rows: list[tuple[int, str | None]], seed: int) -> None:
    queries = [_query(n, group=f"g{group}") for n, (group, _) in enumerate(rows)]
    labels = [_label(n, topic) for n, (_, topic) in enumerate(rows)]
    splits = assign(queries, labels, SplitSettings(seed=seed))
    assert [a.query_id for a in splits.assignments] == [query.query_id for query in queries]
    sides = {(query.group, a.split) for query, a in zip(queries, splits.assignments, strict=True)}
    assert len(sides) == len({query.group for query in queries})
    assert splits.notes == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, "train", "test"])), min_size=5, max_size=60))
def test_given_splits_stay_and_what_is_carved_out_shares_no_group(rows: list[tuple[int, Split | None]]) -> None:
    queries = [_query(n, group=f"g{group}", split=split) for n, (group, split) in enumerate(rows)]
    if all(split == "test" for _, split in rows):
        with pytest.raises(ProjectError, match="no training row"):
            assign(queries, [], SplitSettings())
        return
    splits = {a.query_id: a for a in assign(queries, [], SplitSettings()).assignments}
    given_any = any(query.split for query in queries)
    validation = {query.group for query in queries if splits[query.query_id].split == "validation"}
    others = {query.group for query in queries if splits[query.query_id].split != "validation"}
    assert not validation & others
    if given_any:
        for query in queries:
            if query.split == "test":
                assert splits[query.query_id].split == "test"


def test_validation_is_carved_out_of_given_training_rows() -> None:
    queries = [_query(n, split="train" if n < 100 else "test") for n in range(150)]
    splits = assign(queries, [_label(n, "AB"[n % 2]) for n in range(150)], SplitSettings(validation=0.1))
    counts = Counter(a.split for a in splits.assignments)
    assert counts == {"train": 90, "validation": 10, "test": 50}
    assert splits.notes == ("validation rows taken out of the training rows, since the data gives none: 10",)


def test_copies_across_given_splits_are_counted_and_left() -> None:
    queries = [
        _query(0, "g", "train", "same"),
        _query(1, "g", "test", "same"),
        _query(2, "h", "validation", "near copy"),
        _query(3, "h", "test", "near-copy"),
        _query(4, None, "train"),
    ]
    splits = assign(queries, [], SplitSettings())
    assert [a.split for a in splits.assignments] == ["train", "test", "validation", "test", "train"]
    assert splits.notes == (
        "identical texts in more than one of the given splits: 1; scores on them are too high",
        "groups of identical or near-identical texts across the given splits: 2",
    )


def test_rows_without_a_given_split_train() -> None:
    queries = [_query(0, split="train"), _query(1), _query(2, split="validation"), _query(3, split="test")]
    splits = assign(queries, [], SplitSettings())
    assert [a.split for a in splits.assignments] == ["train", "train", "validation", "test"]
    assert splits.notes == ("rows without a given split, taken as training rows: 1",)


def test_a_given_topic_stratifies_where_there_is_no_label() -> None:
    queries = [Query(f"q{n}", f"text {n}", "t", topic="AB"[n % 2]) for n in range(40)]
    splits = assign(queries, [], SplitSettings(validation=0.1, test=0.2))
    tested = Counter("AB"[n % 2] for n, a in enumerate(splits.assignments) if a.split == "test")
    assert tested == {"A": 4, "B": 4}
