"""The tables of what the candidates did."""

from topicsmith.report.content import read_content
from topicsmith.report.tables.candidates import candidate_tables
from topicsmith.runs import RunFolder


def test_tables_and_their_figures(run: RunFolder) -> None:
    tables = {table.name: table for table in candidate_tables(read_content(run, "my-topics"))}
    keys = [column.key for column in tables["leaderboard"].columns]
    second = dict(zip(keys, tables["leaderboard"].rows[1], strict=True))
    assert (second["candidate"], second["only_best"], second["only_this"], second["p_adjusted"]) == (
        "tfidf",
        7,
        5,
        0.774,
    )
    assert tables["confusion"].rows[3] == ("Other", 3, 2, 0, 2, 1)
    assert tables["agreement_bias"].rows[0] == ("minilm", 71 / 75, 69 / 75, 0.82, 75, 100)
    assert len(tables["topic_scores"].rows) == 12
    assert tables["speed_and_cost"].rows[0] == ("minilm", 9.8, 14.7, 763.0, None, 0.031, 92.0, 0.0)
