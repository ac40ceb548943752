"""Which rows learn, which are judged, and by what."""

from hypothesis import given
from hypothesis import strategies as st

from topicsmith.dataset.sets import build
from topicsmith.dataset.splits import Assignment
from topicsmith.records import Annotation, Label, Query, Split

_SPLITS: list[Split] = ["train", "train", "validation", "test", "test", "test"]
_ASSIGNMENTS = [Assignment(f"q{n}", split, f"g{n}", copies=n + 1) for n, split in enumerate(_SPLITS)]
_LABELS = [
    Label("q0", "A", "a", "agreed"),
    Label("q1", None, None, "disagreed"),
    Label("q2", "B", None, "agreed"),
    Label("q3", "A", None, "agreed"),
    Label("q4", None, None, "disagreed"),
    Label("q5", "B", None, "agreed"),
]


def _queries(topics: list[str | None]) -> list[Query]:
    return [Query(f"q{n}", f"text {n}", f"t{n}", topic=topic, subtopic=None) for n, topic in enumerate(topics)]


def test_training_rows_count_as_their_label_even_where_it_is_wrong() -> None:
    sets = build(_queries(["B", "B", "B", "B", "C", None]), _LABELS, _ASSIGNMENTS)
    assert [(e.query_id, e.topic, e.label, e.subtopic, e.copies, e.group) for e in sets.train] == [
        ("q0", "A", "A", "a", 1, "g0")
    ]
    assert [e.query_id for e in sets.validation] == ["q2"]


def test_with_given_topics_the_test_rows_are_all_that_have_one() -> None:
    sets = build(_queries(["B", "B", "B", "B", "C", None]), _LABELS, _ASSIGNMENTS)
    assert sets.test.truth == "given"
    assert [(e.query_id, e.topic, e.label) for e in sets.test] == [("q3", "B", "A"), ("q4", "C", None)]
    assert sets.test.unlabelled == 1


def test_without_given_topics_labels_are_the_truth_and_the_rest_is_counted() -> None:
    sets = build(_queries([None] * 6), _LABELS, _ASSIGNMENTS)
    assert sets.test.truth == "labels"
    assert [(e.query_id, e.topic, e.label) for e in sets.test] == [("q3", "A", "A"), ("q5", "B", "B")]
    assert sets.test.unlabelled == 1
    assert {e.copies for e in sets.test} == {1}


_TOPICS = st.sampled_from(["A", "B", None])
_PARTS: st.SearchStrategy[Split] = st.sampled_from(["train", "validation", "test"])


@given(st.lists(st.tuples(_TOPICS, _TOPICS, _PARTS), max_size=40))
def test_every_row_is_in_one_set_or_counted_out(rows: list[tuple[str | None, str | None, Split]]) -> None:
    queries = [Query(f"q{n}", "text", "t", topic=truth) for n, (truth, _, _) in enumerate(rows)]
    labels = [Label(f"q{n}", topic, None, "agreed" if topic else "disagreed") for n, (_, topic, _) in enumerate(rows)]
    sets = build(queries, labels, [Assignment(f"q{n}", part, f"q{n}") for n, (_, _, part) in enumerate(rows)])
    ids = [example.query_id for part in (sets.train, sets.validation, sets.test) for example in part]
    assert len(ids) == len(set(ids))
    assert len(sets.test) + sets.test.unlabelled == sum(part == "test" for _, _, part in rows)
    learned = sum(part != "test" and topic is not None for _, topic, part in rows)
    assert len(sets.train) + len(sets.validation) == learned


def test_reasoning_is_that_of_the_first_annotator_who_came_to_the_label() -> None:
    said = [
        Annotation("q0", "m:0", "B", None, "labelled", reasoning="because B"),
        Annotation("q0", "m:1", "A", None, "labelled", reasoning="because A"),
        Annotation("q0", "m:2", "A", None, "labelled", reasoning="A too"),
        Annotation("q2", "m:0", "B", None, "labelled"),
    ]
    sets = build(_queries([None] * 6), _LABELS, _ASSIGNMENTS, said)
    assert [e.reasoning for e in (*sets.train, *sets.validation)] == ["because A", None]
