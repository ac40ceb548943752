"""What the page shows beside the run's own records."""

import doctest
from math import isnan

from topicsmith.report import view_model
from topicsmith.report.content import read_content
from topicsmith.report.view_model import bare, bounds, f1_of, recall_of
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval, wilson


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(view_model).failed == 0


def test_the_bounds_of_no_row_are_not_known() -> None:
    assert bounds(wilson(0, 0)) == (None, None)
    assert isnan(wilson(0, 0).value)


def test_candidates_are_the_evaluations_themselves_with_their_rank(run: RunFolder) -> None:
    best, tied, worst = read_content(run, "my-topics").candidates
    assert [(c.rank, c.name, c.tied_with_best, c.is_baseline) for c in (best, tied, worst)] == [
        (1, "minilm", False, False),
        (2, "tfidf", True, False),
        (3, "majority", False, True),
    ]
    assert best.accuracy == Interval(0.82, 0.733, 0.883, 100, method="Wilson")
    assert best.matrix.columns == ("Banking", "Travel", "Weather", "Other", "no answer")
    assert best.matrix.counts[0] == (40, 6, 1, 3, 0)
    assert best.failures_by_status == {"failed": 1}


def test_a_topic_without_intervals_has_its_bare_figures(run: RunFolder) -> None:
    topic = read_content(run, "my-topics").candidates[0].by_topic[0]
    assert f1_of(topic).value == topic.f1 == 80 / 95
    assert bounds(f1_of(topic)) == (None, None)
    recall = recall_of(topic)
    assert recall is not None
    assert recall.value == 0.8


def test_what_came_in_is_largest_first(run: RunFolder) -> None:
    incoming = read_content(run, "my-topics").incoming
    assert incoming is not None
    assert incoming.dropped == (("no user message", 9), ("not JSON", 3))
    assert (incoming.groups, incoming.largest_group, incoming.tokenizer) == (968, 7, "words and signs")


def test_the_commonest_confusions_come_with_their_texts(run: RunFolder) -> None:
    first, _, last = read_content(run, "my-topics").confusions
    assert (first.truth, first.predicted, first.count, first.of) == ("Banking", "Travel", 6, 50)
    assert len(first.texts) == 3
    assert (last.predicted, last.texts) == ("no answer", ())


def test_curves_have_the_colour_of_their_largest_member(run: RunFolder) -> None:
    (curve,) = read_content(run, "my-topics").learning
    assert (curve.candidate, curve.member) == ("tfidf", "tfidf")
    assert [(p.x, p.y.value) for p in curve.points] == [(100, 0.61), (300, 0.72), (700, 0.8)]
    risk = read_content(run, "my-topics").risk_coverage[0]
    assert [p.x for p in risk.points] == [0.2, 0.44, 0.99]


def test_an_audit_is_split_into_labels_and_candidates(run: RunFolder) -> None:
    audit = read_content(run, "my-topics").audit
    assert audit is not None
    assert [name for name, _ in audit.candidates] == ["minilm", "tfidf"]
    labels = dict(audit.labels)["labels"]
    assert labels is not None
    assert labels.value == 0.69
    assert audit.agreed_only == {}
    assert audit.stratified["tfidf"] is not None
    assert audit.stratified["tfidf"].value == 0.76
    assert audit.bounds["labels"] == (0.67, 0.71)
    assert (audit.of, audit.coverage) == ("all rows", 0.8)
    assert [(first, second, d.value) for first, second, d in audit.differences] == [("minilm", "tfidf", 0.02)]


def test_a_load_test_has_its_bounds(run: RunFolder) -> None:
    first = read_content(run, "my-topics").loads[0]
    assert (first.candidate, first.rate.value, bounds(first.rate)) == ("minilm", 100.0, (None, None))
    assert first.p95 is not None
    assert first.p95.value == 12.0
    assert bare(1.0).n == 0


def test_coefficients_and_outcomes_of_labels(run: RunFolder) -> None:
    labelling = read_content(run, "my-topics").labelling
    assert labelling is not None
    assert labelling.outcome == (("agreed", 750), ("disagreed", 240), ("abstained", 10), ("pending", 0))
    assert [name for name, _ in labelling.coefficients] == [
        "Same topic, all rows",
        "Same topic, where all gave one",
        "Cohen's kappa",
    ]
