"""Reading what came in and what it took: the manifest, the queries and the statistics of a run."""

from collections.abc import Sequence
from datetime import datetime

from topicsmith.report.parts import Distribution, Histogram, Incoming, StageTime, TokenFigures, TopicShare
from topicsmith.report.reading import Node


def read_incoming(manifest: Node, statistics: Node) -> Incoming | None:
    """What was read and dropped; ``None`` before traces were ingested."""
    counts = manifest["stages"]["ingest"]["counts"]
    if not counts:
        return None
    groups = counts["largest_groups"]
    largest = max(
        (size for item in groups.items() if (size := item.first("size").count() or item.count())), default=None
    )
    return Incoming(
        traces=counts.count("traces"),
        queries=counts.count("queries"),
        dropped=_largest_first(counts["dropped"].counts()),
        formats=counts["formats"].counts(),
        redacted=counts["redacted"].counts(),
        replaced_characters=counts.count("replaced_characters"),
        groups=counts.count("groups"),
        largest_group=largest,
        tokens=_tokens(counts.text("tokenizer"), statistics),
    )


def _largest_first(counts: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts, key=lambda item: (-item[1], item[0])))


def _tokens(tokenizer: str | None, statistics: Node) -> TokenFigures | None:
    tokens = statistics["tokens"]
    if not tokens:
        return None
    edges = _numbers(tokens["histogram"]["edges"])
    query, trace = (_numbers(tokens["histogram"][key]) for key in ("query", "trace"))
    return TokenFigures(
        tokenizer=tokenizer,
        query_median=tokens["query"].number("median"),
        trace_median=tokens["trace"].number("median"),
        query_p90=tokens["query"].number("p90"),
        trace_p90=tokens["trace"].number("p90"),
        over_512=tokens["query"].count("over_512"),
        ratio=tokens.number("ratio"),
        query=Histogram(edges, query) if len(query) == len(edges) - 1 else None,
        trace=Histogram(edges, trace) if len(trace) == len(edges) - 1 else None,
    )


def _numbers(node: Node) -> tuple[int, ...]:
    return tuple(value for item in node.items() if (value := item.count()) is not None)


def read_distribution(manifest: Node, statistics: Node) -> Distribution | None:
    """Rows by topic and split, before and after balancing; ``None`` before they were balanced."""
    stages = manifest["stages"]
    topics = tuple(
        TopicShare(
            topic=item.text("topic") or "",
            before=item.count("before") or 0,
            after=item.count("after") or 0,
            validation=item.count("validation") or 0,
            test=item.count("test") or 0,
        )
        for item in statistics["topics"].items()
    )
    if not topics:
        return None
    return Distribution(
        topics=tuple(sorted(topics, key=lambda share: -share.before)),
        ratio_before=statistics.number("ratio_before"),
        ratio_after=statistics.number("ratio_after"),
        largest_copies=statistics.count("largest_copies"),
        splits=statistics["rows"].counts(),
        test_unlabelled=statistics.count("test_unlabelled") or 0,
        notes=stages["split"]["counts"]["notes"].texts(),
        untrained=statistics["topics_without_training_rows"].texts(),
    )


def read_stages(manifest: Node) -> tuple[StageTime, ...]:
    """Every stage the run knows, in the order they began."""
    found = [
        StageTime(
            name=name,
            state=stage.text("state") or "unknown",
            seconds=_seconds(stage.text("started"), stage.text("finished")),
            finished=stage.text("finished"),
            versions=tuple((key, text) for key, item in stage["versions"].pairs() if (text := item.text())),
        )
        for name, stage in manifest["stages"].pairs()
        if name != "report"  # it is running while this page is made
    ]
    return tuple(found)


def _seconds(started: str | None, finished: str | None) -> float | None:
    if started is None or finished is None:
        return None
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
