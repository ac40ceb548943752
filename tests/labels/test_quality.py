"""How right labels are, counted by hand."""

from collections.abc import Callable, Sequence

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.aggregate import decide
from topicsmith.labels.quality import label_quality, to_document, votes
from topicsmith.records import Annotation, Query
from topicsmith.taxonomy import Taxonomy

Table = Callable[[Sequence[Sequence[str]]], list[Annotation]]


def test_counted_by_hand(table: Table, taxonomy: Taxonomy) -> None:
    rows = ["AA", "AA", "BB", "AB", "?C", "BA"]
    truth = ["A", "B", "B", "A", "C", None]
    queries = [Query(f"q{n}", "text", "t", topic=topic) for n, topic in enumerate(truth)]
    annotations = table(rows)
    labels = decide(queries, annotations, LabelingSettings(annotators=["model:0", "model:1"]), taxonomy)
    found = label_quality(queries, labels, annotations)
    assert found is not None
    assert (found.n, found.agreed_n, found.kept_n) == (5, 3, 3)
    assert found.agreed is not None
    assert found.agreed.value == pytest.approx(2 / 3)
    accuracies = {name: share.value for name, share in found.annotators.items() if share}
    assert accuracies == {"model:0": 3 / 5, "model:1": 3 / 5}
    assert found.majority is not None
    assert found.majority.value == 4 / 5  # A, A(wrong), B, A (first named), C
    assert [(t.topic, t.labelled, t.right) for t in found.by_topic] == [("A", 2, 1), ("B", 1, 1)]
    document = to_document(found)
    assert document is not None
    assert document["n"] == 5


def test_nothing_to_compare_with_is_nothing(table: Table, taxonomy: Taxonomy) -> None:
    annotations = table(["AA"])
    queries = [Query("q0", "text", "t")]
    assert label_quality(queries, [], annotations) is None
    assert label_quality([Query("q0", "text", "t", topic="A")], [], []) is None
    assert to_document(None) is None


def test_votes_take_the_most_named_and_the_first_among_equals(table: Table) -> None:
    assert votes(table(["ABB", "ABC", "?!…"])) == {"q0": "B", "q1": "A", "q2": None}
