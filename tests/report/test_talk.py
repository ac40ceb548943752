"""What users talk about."""

from pathlib import Path

from topicsmith.records import Label, Query
from topicsmith.report.talk import TopicTalk, topic_talk
from topicsmith.runs import RunFolder
from topicsmith.tables import LABELS, QUERIES, label_row, query_row


def test_shares_of_labelled_queries_with_distinct_examples(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert topic_talk(run) == ()
    asked = [
        ("1", "my card", "g"),
        ("2", "my card!", "g"),
        ("3", "a loan", None),
        ("4", "x" * 300, None),
        ("5", "hm", None),
    ]
    run.write_table("queries.parquet", [query_row(Query(i, text, i, group=g)) for i, text, g in asked], QUERIES)
    topics = ["Money", "Money", "Money", "Long", None]
    labels = [Label(i, topic, None, "agreed") for (i, _, _), topic in zip(asked, topics, strict=True)]
    run.write_table("labels.parquet", [label_row(label) for label in labels], LABELS)
    assert topic_talk(run) == (
        TopicTalk("Money", 3, 0.75, ("my card", "a loan")),
        TopicTalk("Long", 1, 0.25, ("x" * 200,)),
    )
