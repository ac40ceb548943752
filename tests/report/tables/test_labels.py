"""The tables of how labels came about."""

from dataclasses import fields

import pytest

from topicsmith.labels.agreement import measure
from topicsmith.records import Annotation, AnnotationStatus
from topicsmith.report.content import read_content
from topicsmith.report.tables.labels import labelling_tables
from topicsmith.report.view_model import Labelling
from topicsmith.runs import RunFolder
from topicsmith.taxonomy import Taxonomy, Topic


def test_tables_and_their_figures(run: RunFolder) -> None:
    labelling = read_content(run, "my-topics").labelling
    assert labelling is not None
    tables = {table.name: table for table in labelling_tables(labelling)}
    assert tables["annotators"].rows[1] == (
        "anthropic:claude-sonnet-5-5", 1000, 994, 6, 0, 0.248, 0.6, 89.0, 2.17, 2.17, None,
    )  # fmt: skip
    assert tables["agreement_matrix"].rows[0] == ("Banking", 300, 20, 5, 45)
    assert tables["disagreements"].rows[0][1::2] == ("Travel", "Other")
    assert tables["label_quality"].rows[0] == ("agreed labels", 750, 0.924, 0.903, 0.941)


def test_every_coefficient_and_the_abstentions_of_a_pair_have_a_table() -> None:
    said = {"a:m": "XXYYX?!", "b:m": "XXYXX!!", "c:m": "XXYYXXX"}
    topics = {"X": "Science", "Y": "Arts"}
    reasons: dict[str, AnnotationStatus] = {"X": "labelled", "Y": "labelled", "!": "refused", "?": "failed"}
    annotations = [
        Annotation(str(n), name, topics.get(c), None, reasons[c])
        for n in range(7)
        for name, word in said.items()
        for c in word[n]
    ]
    measured = measure(annotations, Taxonomy((Topic("Science"), Topic("Arts"), Topic("Other")), "Other"))
    labelling = Labelling(**{field.name: getattr(measured, field.name) for field in fields(measured)})
    tables = {table.name: table for table in labelling_tables(labelling)}
    figures = {str(row[0]): row[1] for row in tables["agreement_coefficients"].rows}
    assert figures["Same topic, all rows"] == pytest.approx(4 / 7)
    assert figures["Same topic, where all gave one"] == pytest.approx(4 / 5)
    # Of five rows four agree wholly, one in 1 of 3 pairs: 13/15; topics 10 and 5 of 15: chance 5/9
    assert figures["Fleiss' kappa"] == pytest.approx((13 / 15 - 5 / 9) / (4 / 9))
    assert {"Krippendorff's alpha", "Gwet's AC1"} < set(figures)
    assert tables["abstentions"].rows[0] == ("a:m", "b:m", 2, 1, 0, 0)
    assert tables["abstentions"].rows[1] == ("a:m", "c:m", 0, 0, 2, 0)
