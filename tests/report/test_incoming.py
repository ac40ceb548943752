"""What came in: counts of the manifest, tokens, distribution, times."""

from topicsmith.report.incoming import read_distribution, read_incoming, read_stages
from topicsmith.report.reading import Node, read
from topicsmith.runs import RunFolder


def test_counts_and_reasons_largest_first(run: RunFolder) -> None:
    incoming = read_incoming(read(run, "manifest.json"), read(run, "statistics.json"))
    assert incoming is not None
    assert (incoming.traces, incoming.queries, incoming.groups, incoming.largest_group) == (1012, 1000, 968, 7)
    assert incoming.dropped == (("no user message", 9), ("not JSON", 3))
    assert incoming.redacted == (("email", 4),)
    assert incoming.tokens is not None
    assert (incoming.tokens.query_median, incoming.tokens.trace_median, incoming.tokens.over_512) == (11.0, 430.0, 2)
    assert incoming.tokens.query is not None
    assert sum(incoming.tokens.query.counts) == 1000


def test_distribution_is_largest_first(run: RunFolder) -> None:
    distribution = read_distribution(read(run, "manifest.json"), read(run, "statistics.json"))
    assert distribution is not None
    assert [(t.topic, t.before, t.after, t.test) for t in distribution.topics] == [
        ("Banking", 350, 310, 100),
        ("Travel", 230, 230, 60),
        ("Weather", 97, 97, 24),
        ("Other", 23, 82, 16),
    ]
    assert distribution.splits == (("train", 700), ("validation", 100), ("test", 200))
    assert distribution.notes == ("14 texts stand in two splits",)


def test_stages_have_their_seconds_and_the_report_itself_is_left_out(run: RunFolder) -> None:
    stages = read_stages(read(run, "manifest.json"))
    assert [(stage.name, stage.seconds) for stage in stages] == [
        ("ingest", 2.0),
        ("label", 75.0),
        ("agree", 0.0),
        ("split", 1.0),
    ]
    assert stages[0].versions == (("topicsmith", "0.1.0"), ("polars", "2.1.0"))


def test_nothing_yet() -> None:
    assert read_incoming(Node({}), Node()) is None
    assert read_distribution(Node({}), Node()) is None
    assert read_stages(Node({})) == ()
