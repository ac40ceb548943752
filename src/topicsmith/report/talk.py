"""What users talk about: the share of each topic among the labelled queries, with some of what they asked."""

from dataclasses import dataclass

import polars as pl

from topicsmith.runs import RunFolder
from topicsmith.tables import LABELS, QUERIES, read_frame

SHOWN = 8
_EXAMPLES = 2
_LONGEST = 200


@dataclass(frozen=True)
class TopicTalk:
    """One topic: how many of the labelled queries are of it, their share, and the first distinct ones as examples."""

    topic: str
    count: int
    share: float
    examples: tuple[str, ...]


def topic_talk(run: RunFolder) -> tuple[TopicTalk, ...]:
    """Every topic that a query is labelled with, most frequent first; nothing before there are labels.

    Raises:
        RunStateError: when a table is damaged.
    """
    if not run.file("labels.parquet").is_file() or not run.file("queries.parquet").is_file():
        return ()
    labels = read_frame(run.file("labels.parquet"), LABELS).select("query_id", "topic").drop_nulls()
    texts = read_frame(run.file("queries.parquet"), QUERIES).select("query_id", "text", "group")
    asked = labels.join(texts, on="query_id", how="left", maintain_order="left")
    # near-copies have one group: only the first of them is an example
    distinct = asked.unique(pl.coalesce("group", "query_id"), keep="first", maintain_order=True)
    by_topic = distinct.group_by("topic").agg(pl.col("text").drop_nulls().str.slice(0, _LONGEST).head(_EXAMPLES))
    examples = {topic: tuple(found) for topic, found in by_topic.iter_rows()}
    counts = labels["topic"].value_counts().sort(["count", "topic"], descending=[True, False])
    return tuple(
        TopicTalk(topic, count, count / labels.height, examples.get(topic, ())) for topic, count in counts.iter_rows()
    )
