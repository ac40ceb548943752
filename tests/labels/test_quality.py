"""How right labels are, counted by hand."""

from collections.abc import Callable, Sequence

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.aggregate import decide
from topicsmith.labels.quality import label_quality, to_document, votes
from topicsmith.labels.soft_labels import JudgedRow
from topicsmith.records import Annotation, Label, Query
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


def _weighted(n: int, right: int, alone: int) -> tuple[list[Query], list[Label], list[Annotation]]:
    """Of ``n`` rows of topic A, the labels have the first ``right``, the better annotator the first ``alone`` right."""
    queries = [Query(f"q{at}", "text", "t", topic="A") for at in range(n)]
    labels = [Label(f"q{at}", "A" if at < right else "B", None, "adjudicated", score=0.9) for at in range(n)]
    said = [("good", [at < alone for at in range(n)]), ("poor", [at % 3 == 0 for at in range(n)])]
    annotations = [
        Annotation(f"q{at}", name, "A" if hits[at] else "B", None, "labelled") for at in range(n) for name, hits in said
    ]
    return queries, labels, annotations


def test_an_annotator_who_is_better_alone_is_named() -> None:
    found = label_quality(*_weighted(300, 150, 200))
    assert found is not None
    assert found.alone is not None
    assert (found.alone.annotator, found.alone.better, found.alone.judged_by) == ("good", "annotator", "truth")
    assert (found.alone.labels, found.alone.alone) == pytest.approx((0.5, 2 / 3))
    assert found.alone.difference.value == pytest.approx(-1 / 6)


def test_labels_that_are_better_and_labels_that_are_not_told_apart() -> None:
    better, near = label_quality(*_weighted(300, 250, 200)), label_quality(*_weighted(300, 151, 150))
    assert better is not None
    assert better.alone is not None
    assert better.alone.better == "labels"
    assert near is not None
    assert near.alone is not None
    assert near.alone.better == "neither"


def test_an_audit_alone_is_enough() -> None:
    queries, labels, annotations = _weighted(300, 150, 200)
    bare = [Query(query.query_id, "text", "t") for query in queries]
    judged = {f"q{at}": JudgedRow("A", 2.0) for at in range(0, 300, 2)}
    found = label_quality(bare, labels, annotations, judged)
    assert found is not None
    assert found.n == 0
    assert found.kept is None
    assert found.alone is not None
    assert (found.alone.judged_by, found.alone.n, found.alone.better) == ("audit", 150, "annotator")


def test_agreed_labels_are_nobodys_alone(table: Table, taxonomy: Taxonomy) -> None:
    queries = [Query("q0", "text", "t", topic="A"), Query("q1", "text", "t", topic="A")]
    annotations = table(["AA", "AB"])
    labels = decide(queries, annotations, LabelingSettings(annotators=["model:0", "model:1"]), taxonomy)
    found = label_quality(queries, labels, annotations)
    assert found is not None
    assert found.alone is None
