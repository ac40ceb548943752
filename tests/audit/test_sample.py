"""What is kept of an audit, and a person's word as labels."""

import json

import pytest

from topicsmith.audit.sample import (
    AuditAnswer,
    AuditDraw,
    AuditRow,
    AuditSample,
    AuditStratum,
    from_document,
    to_document,
    with_answers,
)
from topicsmith.errors import ProjectError
from topicsmith.records import Label

STRATA = (AuditStratum("agreed", "test", 90, 80, 8), AuditStratum("not agreed", "other", 10, 10, 2))
SAMPLE = AuditSample(
    (AuditRow("a", "one", "agreed", 0.1), AuditRow("b", "two", "not agreed", 0.2, 1)),
    (AuditDraw("all", 13, STRATA), AuditDraw("test", 14, STRATA, ("a",), "0af")),
)


def test_a_sample_survives_its_document() -> None:
    assert from_document(json.loads(json.dumps(to_document(SAMPLE)))) == SAMPLE
    with pytest.raises(ProjectError, match="another version of topicsmith; draw a further sheet"):
        from_document({"format": 1, "rows": [], "sizes": {}, "seed": 13})


def test_the_sheet_has_the_rows_of_the_latest_draw() -> None:
    assert [row.query_id for row in SAMPLE.sheet] == ["b"]
    assert SAMPLE.draws[-1].test_rows == 8


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
