"""The tables of how labels came about."""

from topicsmith.report.content import read_content
from topicsmith.report.label_tables import labelling_tables
from topicsmith.runs import RunFolder


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
