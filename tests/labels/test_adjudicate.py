"""Only disputes are put to the adjudicator."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.adjudicate import adjudicate, disputed
from topicsmith.labels.aggregate import decide
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.records import Annotation, Query
from topicsmith.taxonomy import Taxonomy, Topic

Table = Callable[[Sequence[Sequence[str]]], list[Annotation]]


def _settings(adjudicator: str | None) -> LabelingSettings:
    return LabelingSettings(annotators=["model:0", "model:1"], adjudicator=adjudicator)


def test_what_is_in_dispute(table: Table) -> None:
    assert disputed(table(["AA", "AB", "A?", "?!", "A…", "BA"])) == {"q1", "q2", "q5"}


def test_only_disputed_queries_are_asked_and_the_rest_needs_no_answer(table: Table, context: AnnotatorContext) -> None:
    queries = [Query(f"q{n}", "text", "t", metadata={"judge": "C"}) for n in range(5)]
    annotations = table(["AA", "AB", "A?", "??", "A…"])
    settings = _settings("table:judge")
    rulings = adjudicate(replace(context, settings=settings), queries, annotations)
    assert [(a.query_id, a.annotator, a.topic) for a in rulings] == [
        ("q1", "table:judge", "C"),
        ("q2", "table:judge", "C"),
    ]
    labels = decide(queries, [*annotations, *rulings], settings, context.taxonomy)
    assert [label.origin for label in labels] == ["agreed", "adjudicated", "adjudicated", "abstained", "pending"]


@pytest.mark.parametrize("labels", ["agreed", "weighted"])
def test_without_adjudication_nobody_is_asked(table: Table, context: AnnotatorContext, labels: str) -> None:
    settings = LabelingSettings.model_validate({"annotators": ["model:0", "model:1"], "labels": labels})
    asked = adjudicate(replace(context, settings=settings), [Query("q0", "text", "t")], table(["AB"]))
    assert asked == []


def test_a_ruling_that_is_still_pending_leaves_the_row_pending(table: Table, taxonomy: Taxonomy) -> None:
    rulings = [
        Annotation("q0", "m:judge", None, None, "pending"),
        Annotation("q1", "m:judge", None, None, "refused"),
    ]
    queries = [Query(f"q{n}", "text", "t") for n in range(2)]
    labels = decide(queries, [*table(["AB", "AB"]), *rulings], _settings("m:judge"), taxonomy)
    assert [(label.topic, label.origin) for label in labels] == [(None, "pending"), (None, "disagreed")]


def test_the_trained_adjudicator_chooses_among_what_was_said(context: AnnotatorContext) -> None:
    words = {"Weather": "rain snow cloud", "Food": "bread soup apple", "Travel": "train bus ticket"}
    taxonomy = Taxonomy(tuple(Topic(name) for name in words))
    texts = [(f"{word} {n}", topic) for topic, said in words.items() for n, word in enumerate(said.split() * 4)]
    said = [(topic, topic) for _, topic in texts] + [("Food", "Weather"), ("Travel", "Weather"), ("Food", "Travel")]
    texts += [("snow and rain", ""), ("a bus ticket", ""), ("cloud rain snow", "")]
    queries = [Query(f"q{n}", text, "t") for n, (text, _) in enumerate(texts)]
    annotations = [
        Annotation(f"q{n}", f"model:{who}", topic, None, "labelled")
        for n, row in enumerate(said)
        for who, topic in enumerate(row)
    ]
    trained = replace(context, taxonomy=taxonomy, settings=_settings("local:trained"))
    rulings = adjudicate(trained, queries, annotations)
    assert [(a.query_id, a.topic, a.annotator) for a in rulings[:2]] == [
        ("q36", "Weather", "local:trained"),
        ("q37", "Travel", "local:trained"),
    ]
    assert rulings[2].topic in {"Food", "Travel"}  # nobody said Weather


def test_the_trained_adjudicator_abstains_when_nothing_is_agreed_on(table: Table, context: AnnotatorContext) -> None:
    queries = [Query(f"q{n}", "text", "t") for n in range(2)]
    rulings = adjudicate(replace(context, settings=_settings("local:trained")), queries, table(["AB", "BA"]))
    assert [a.status for a in rulings] == ["abstained", "abstained"]
