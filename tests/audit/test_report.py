"""What an audit says of a run, from rows that are all known."""

from typing import Any

import pytest

from topicsmith.audit.draw import KnownRow, draw
from topicsmith.audit.judged import audited_rows_of
from topicsmith.audit.report import AuditMaterial, AuditSubject, report_of
from topicsmith.audit.sample import AuditAnswer
from topicsmith.audit.text import as_text
from topicsmith.records import Query

TRUTH = {f"q{n}": "A" if n % 3 else "B" for n in range(60)}
LABELS = {query_id: None if int(query_id[1:]) % 5 == 0 else "A" for query_id in TRUTH}


def _material(audited: int = 60, candidates: int = 2) -> AuditMaterial:
    known = [KnownRow(Query(query_id, query_id, "t"), "test", True, 0.7) for query_id in TRUTH]
    sample, _ = draw(known, audited, "test")
    answers = [AuditAnswer(row.query_id, TRUTH[row.query_id]) for row in sample.sheet]
    rows = audited_rows_of(sample, answers, dict.fromkeys(TRUTH, "test"), {})
    always = AuditSubject("always", dict.fromkeys(TRUTH, "A"))
    perfect = AuditSubject("perfect", TRUTH)
    return AuditMaterial(
        None,
        rows,
        ("A", "B"),
        AuditSubject("labels", LABELS),
        (AuditSubject("one", TRUTH),),
        (always, perfect)[:candidates],
        {},
    )


def test_figures_of_labels_annotators_and_candidates() -> None:
    report: Any = report_of(_material())
    accuracy = report["accuracy"]
    right = sum(LABELS[query_id] == topic for query_id, topic in TRUTH.items())
    assert report["of"] == "test rows"
    assert accuracy["labels"]["value"] == pytest.approx(right / 60)
    assert accuracy["labels"]["coverage"] == pytest.approx(48 / 60)
    assert accuracy["labels"]["precision"]["value"] == pytest.approx(right / 48)
    assert accuracy["one"]["value"] == pytest.approx(1.0)
    assert accuracy["candidate always"]["value"] == pytest.approx(40 / 60)
    assert accuracy["candidate always"]["agreed_only"]["value"] == pytest.approx(40 / 60)
    assert [(d["first"], d["second"], d["value"]) for d in report["differences"]] == [
        ("perfect", "always", pytest.approx(20 / 60))
    ]
    assert report["macro_f1"]["perfect"]["value"] == pytest.approx(1.0)
    assert report["macro_f1"]["always"]["value"] == pytest.approx((2 * 40 / 100 + 0) / 2)
    assert {entry["topic"]: entry["share"]["value"] for entry in report["topics"]} == pytest.approx(
        {"A": 2 / 3, "B": 1 / 3}
    )
    assert [(entry["topic"], entry["recall"]["value"]) for entry in report["recalls"]["always"]] == [
        ("A", 1.0),
        ("B", 0.0),
    ]


def test_under_ten_audited_rows_of_a_topic_nothing_of_its_own_is_said() -> None:
    report: Any = report_of(_material(audited=20))
    few = next(entry for entry in report["topics"] if entry["topic"] == "B")
    assert few["audited"] < 10
    assert few["label_recall"] is None
    assert few["share"]["low"] < 1 / 3 < few["share"]["high"]
    text = as_text({"answered": 20, "drawn": 20, "answered_test": 20, "undecided": 0, **report})
    assert f"{few['audited']} audited rows of it, under 10: nothing more is said of it" in text


def test_without_answers_there_is_no_report() -> None:
    material = _material(candidates=0)
    empty = AuditMaterial(None, None, material.topics, material.labels, (), (), {})
    assert report_of(empty) is None
    report: Any = report_of(material)
    assert (report["differences"], report["macro_f1"], report["recalls"]) == ([], {}, {})
