"""Drawing a sample for a person, and what the answers amount to."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.audit.sample import (
    AuditAnswer,
    AuditStratum,
    allocate,
    draw,
    from_document,
    strata,
    to_document,
    with_answers,
)
from topicsmith.errors import ProjectError
from topicsmith.records import Label, LabelOrigin, Query

_SIZES: dict[LabelOrigin, int] = {"agreed": 800, "disagreed": 180, "abstained": 20}
_ORIGINS = [origin for origin, size in _SIZES.items() for _ in range(size)]
_QUERIES = [Query(f"q{n}", f"text {n}", "t") for n in range(1000)]
_LABELS = [Label(f"q{n}", "A" if o == "agreed" else None, None, o) for n, o in enumerate(_ORIGINS)]


def test_every_origin_is_looked_at() -> None:
    sample = draw(_QUERIES, _LABELS, 100)
    assert Counter(row.stratum for row in sample.rows) == {"agreed": 50, "disagreed": 30, "abstained": 20}
    assert sample.sizes == _SIZES
    origin = {label.query_id: label.origin for label in _LABELS}
    assert all(origin[row.query_id] == row.stratum for row in sample.rows)


def test_the_order_tells_nothing_of_the_stratum() -> None:
    halves = [row.stratum for row in draw(_QUERIES, _LABELS, 200).rows]
    first = Counter(halves[:100])
    assert 40 <= first["agreed"] <= 95
    assert first["disagreed"] > 5


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    assert draw(_QUERIES[::-1], _LABELS, 50) == draw(_QUERIES, _LABELS, 50)
    assert draw(_QUERIES, _LABELS, 50, seed=1).rows != draw(_QUERIES, _LABELS, 50).rows


def test_a_larger_sample_keeps_the_smaller_one() -> None:
    small, large = ({row.query_id for row in draw(_QUERIES, _LABELS, n).rows} for n in (150, 300))
    assert small < large


@given(
    st.dictionaries(st.sampled_from(["agreed", "disagreed", "abstained", "pending"]), st.integers(1, 500), min_size=1),
    st.integers(1, 600),
    st.integers(0, 60),
)
def test_an_allocation_adds_up(sizes: dict[LabelOrigin, int], total: int, least: int) -> None:
    taken = allocate(sizes, total, least)
    assert sum(taken.values()) == min(total, sum(sizes.values()))
    assert all(0 <= taken[name] <= size for name, size in sizes.items())
    if total >= least * len(sizes):
        assert all(taken[name] >= min(size, least) for name, size in sizes.items())


def test_answers_are_counted_by_stratum() -> None:
    sample = draw(_QUERIES[:3] + _QUERIES[800:802], _LABELS, 5)
    answers = [
        AuditAnswer("q0", "A"), AuditAnswer("q1", "B"), AuditAnswer("q2", None), AuditAnswer("q800", "A"),
    ]  # fmt: skip
    said = {label.query_id: label.topic for label in _LABELS}
    assert strata(sample, answers, said) == [
        AuditStratum("agreed", 3, 3, 2, 1, 1),
        AuditStratum("disagreed", 2, 2, 1, 0, 0),
    ]
    guesses: dict[str, str | None] = {"q0": "B", "q1": "B", "q800": "A"}
    assert [stratum.right for stratum in strata(sample, answers, guesses)] == [1, 1]


def test_a_persons_word_replaces_what_was_believed() -> None:
    labels = [
        Label("a", "A", "sub", "agreed", 0.9),
        Label("b", None, None, "disagreed"),
        Label("c", "A", "s", "agreed"),
    ]
    answers = [AuditAnswer("a", "A"), AuditAnswer("b", "B"), AuditAnswer("c", None)]
    assert with_answers(labels, answers) == [
        Label("a", "A", "sub", "human"),
        Label("b", "B", None, "human"),
        Label("c", "A", "s", "agreed"),
    ]
    assert with_answers(labels[:1], [AuditAnswer("a", "B")]) == [Label("a", "B", None, "human")]


def test_a_sample_survives_its_document() -> None:
    sample = draw(_QUERIES, _LABELS, 40)
    assert from_document(json.loads(json.dumps(to_document(sample)))) == sample
    with pytest.raises(ProjectError, match="draw it again"):
        from_document({"format": 2})


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(ProjectError, match="an audit of 0 rows measures nothing"):
        draw(_QUERIES, _LABELS, 0)
    with pytest.raises(ProjectError, match="no rows to audit"):
        draw([], [], 10)
