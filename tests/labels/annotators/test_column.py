"""Labels that came with the data."""

import pytest

from topicsmith.errors import ProjectError
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.annotators.column import make
from topicsmith.records import Query


def _query(number: int, **metadata: object) -> Query:
    return Query(f"q{number}", "text", f"t{number}", metadata=metadata)


def test_values_become_topics_or_reasons(context: AnnotatorContext) -> None:
    rows = [_query(0, model=" other. "), _query(1, model="Z"), _query(2, model=""), _query(3, model=None), _query(4)]
    found = list(make("model", context).annotate(rows))
    assert [(a.query_id, a.topic, a.status) for a in found] == [
        ("q0", "Other", "labelled"),
        ("q1", None, "off_taxonomy"),
        ("q2", None, "abstained"),
        ("q3", None, "abstained"),
        ("q4", None, "abstained"),
    ]
    assert {a.annotator for a in found} == {"table:model"}


def test_a_number_is_read_as_its_text(context: AnnotatorContext) -> None:
    assert [a.status for a in make("model", context).annotate([_query(0, model=7)])] == ["off_taxonomy"]


def test_a_column_nobody_has_is_an_error_that_names_those_there_are(context: AnnotatorContext) -> None:
    with pytest.raises(ProjectError, match="'table:modle': the traces have no column 'modle'; they have: model"):
        list(make("modle", context).annotate([_query(0, model="A")]))
