"""One label per query, in each of the three ways."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.adjudicate import adjudicate
from topicsmith.labels.aggregate import decide
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, AnnotationStatus, Label, Query
from topicsmith.taxonomy import Taxonomy, Topic

Table = Callable[[Sequence[Sequence[str]]], list[Annotation]]

_ROWS = ["AA", "AB", "A?", "!!", "B…", "CC"]
_QUERIES = [Query(f"q{n}", "text", f"t{n}", topic="C", subtopic="s") for n in range(6)]


def _settings(labels: str = "agreed", adjudicator: str | None = None) -> LabelingSettings:
    return LabelingSettings.model_validate(
        {
            "annotators": ["model:0", "model:1"],
            "labels": labels,
            "adjudicator": adjudicator,
        }
    )


def test_agreed_rows_become_labels_and_the_others_stay_marked(table: Table, taxonomy: Taxonomy) -> None:
    found = decide(_QUERIES, table(_ROWS), _settings(), taxonomy)
    assert [(label.topic, label.origin) for label in found] == [
        ("A", "agreed"),
        (None, "disagreed"),
        (None, "abstained"),
        (None, "abstained"),
        (None, "pending"),
        ("C", "agreed"),
    ]
    assert [label.query_id for label in found] == [query.query_id for query in _QUERIES]


def test_a_subtopic_counts_only_when_it_is_agreed_too(taxonomy: Taxonomy) -> None:
    said = [
        Annotation(f"q{row}", f"model:{who}", "A", sub, "labelled")
        for row, subs in enumerate(["xx", "xy"])
        for who, sub in enumerate(subs)
    ]
    found = decide(_QUERIES[:2], said, _settings(), taxonomy)
    assert [(label.topic, label.subtopic) for label in found] == [("A", "x"), ("A", None)]


def test_an_adjudicator_settles_what_is_open_and_nothing_else(table: Table, taxonomy: Taxonomy) -> None:
    rulings = [
        Annotation(f"q{row}", "model:judge", "B", "sub", "labelled", confidence=0.7) for row in range(len(_ROWS))
    ]
    rulings[3] = Annotation("q3", "model:judge", None, None, "refused")
    found = decide(_QUERIES, [*table(_ROWS), *rulings], _settings("adjudicated", "model:judge"), taxonomy)
    assert [(label.topic, label.origin) for label in found] == [
        ("A", "agreed"),
        ("B", "adjudicated"),
        ("B", "adjudicated"),
        (None, "abstained"),
        (None, "pending"),
        ("C", "agreed"),
    ]
    assert found[1] == Label("q1", "B", "sub", "adjudicated", score=0.7)


def test_weighted_labels_every_row_with_an_answer(table: Table, taxonomy: Taxonomy) -> None:
    # The third annotator is always alone when it differs, so its word counts for less.
    rows = ["AAA", "BBB", "CCC"] * 30 + ["AAB", "BBC", "CCA"] * 10 + ["AB?", "??B", "???", "A…A"]
    queries = [Query(f"q{n}", "text", "t") for n in range(len(rows))]
    found = decide(queries, table(rows), _settings("weighted"), taxonomy)
    assert [label.origin for label in found[-4:]] == ["adjudicated", "adjudicated", "abstained", "pending"]
    assert [label.topic for label in found[90:120]] == ["A", "B", "C"] * 10
    for label, row in zip(found, rows, strict=True):
        if len(set(row)) == 1 and row[0] in "ABC":
            assert (label.topic, label.origin) == (row[0], "agreed")
        assert (label.score is None) == (label.topic is None)
        assert label.confidence is None
    assert found[-3].score is not None
    assert found[90].probabilities is not None
    assert found[90].probabilities[0][0] == "A"
    assert sum(chance for _, chance in found[90].probabilities) == pytest.approx(1, abs=0.01)
    assert found[0].score == pytest.approx(0.99)


def test_without_annotators_the_given_topics_are_the_labels(taxonomy: Taxonomy) -> None:
    queries = [*_QUERIES[:1], Query("bare", "text", "t")]
    assert decide(queries, [], LabelingSettings(), taxonomy) == [
        Label("q0", "C", "s", "given"),
        Label("bare", None, None, "pending"),
    ]


def test_a_query_nobody_was_asked_about_is_pending(taxonomy: Taxonomy) -> None:
    assert [label.origin for label in decide(_QUERIES[:1], [], _settings(), taxonomy)] == ["pending"]


@given(
    st.lists(st.tuples(*[st.sampled_from(["A", "B", "C", "?", "!", "…"])] * 2), min_size=1, max_size=25),
    st.sampled_from(["agreed", "adjudicated", "weighted"]),
)
def test_every_query_has_one_label_and_a_topic_exactly_where_something_is_believed(
    rows: list[tuple[str, str]], labels: str
) -> None:
    taxonomy = Taxonomy((Topic("A"), Topic("B"), Topic("C")))
    reasons: dict[str, AnnotationStatus] = {"?": "abstained", "!": "refused", "…": "pending"}
    annotations = [
        Annotation(f"q{at}", f"model:{who}", None if said in reasons else said, None, reasons.get(said, "labelled"))
        for at, row in enumerate(rows)
        for who, said in enumerate(row)
    ]
    queries = [Query(f"q{at}", f"text of {row[0]} {at}", "t") for at, row in enumerate(rows)]
    settings = _settings(labels, "local:trained" if labels == "adjudicated" else None)
    context = AnnotatorContext(taxonomy, settings, Path(), Path(), SilentProgress())
    found = decide(queries, [*annotations, *adjudicate(context, queries, annotations)], settings, taxonomy)
    assert [label.query_id for label in found] == [query.query_id for query in queries]
    for label, row in zip(found, rows, strict=True):
        assert (label.topic is None) == (label.origin in {"disagreed", "abstained", "pending"})
        assert (label.origin == "pending") == ("…" in row)
        assert (label.origin == "agreed") == (row[0] == row[1] and row[0] in "ABC")
        if labels == "weighted" and "…" not in row and set(row) & set("ABC"):
            assert label.topic is not None
        if label.origin == "adjudicated" and labels == "adjudicated":
            assert label.topic in row
