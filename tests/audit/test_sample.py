"""What is kept of an audit, and a person's word as labels."""

import json
from typing import Any

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


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("rows", 0, "draw"), 7, "'q0' is of draw 7, which is none of them"),
        (("rows", 0, "draw"), -1, "'q0' is of draw -1"),
        (("rows", 0, "probability"), 0.0, "'q0' has the probability 0.0"),
        (("rows", 0, "probability"), float("nan"), "'q0' has the probability nan"),
        (("draws", 0, "strata", 0, "taken"), 9, "the counts of 's' do not fit together"),
        (("draws", 0, "strata", 0, "rows"), -1, "the counts of 's' do not fit together"),
    ],
)
def test_a_sample_that_contradicts_itself_is_refused(place: tuple[str | int, ...], value: float, said: str) -> None:
    draw = AuditDraw("test", 13, (AuditStratum("s", "test", 3, 2, 1),))
    document: Any = to_document(AuditSample((AuditRow("q0", "text", "s", 0.5),), (draw,)))
    assert from_document(document).rows[0].query_id == "q0"
    inner = document
    for key in place[:-1]:
        inner = inner[key] if not isinstance(inner, tuple) else inner[int(key)]
    inner[place[-1]] = value
    with pytest.raises(ProjectError, match=f"audit.json: {said}.*draw a sheet"):
        from_document(document)
