"""Statistics counted by hand."""

import json
from dataclasses import asdict

import pytest

from topicsmith.dataset.balance import balance
from topicsmith.dataset.sets import Sets
from topicsmith.dataset.statistics import describe, token_statistics
from topicsmith.project import BalanceSettings
from topicsmith.records import Example, Query, TestSet, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic


def _examples(*topics: str) -> tuple[Example, ...]:
    return tuple(Example(f"{topic}{n}", "text", topic) for n, topic in enumerate(topics))


def test_topics_before_and_after() -> None:
    sets = Sets(
        TrainSet(_examples(*"AAAAAAAB")),
        ValidationSet(_examples("A")),
        TestSet(_examples("A", "B"), truth="given", unlabelled=3),
    )
    balanced = balance(sets.train, BalanceSettings(max_ratio=3))
    found = asdict(describe([], sets, balanced, Taxonomy((Topic("A"), Topic("B"), Topic("C")))))
    assert list(found["topics"]) == [
        {
            "topic": "A", "train": 7, "validation": 1, "test": 1, "before": 7, "after": 6,
            "share_before": 7 / 8, "share_after": 6 / 8,
        },
        {
            "topic": "B", "train": 1, "validation": 0, "test": 1, "before": 1, "after": 2,
            "share_before": 1 / 8, "share_after": 2 / 8,
        },
        {
            "topic": "C", "train": 0, "validation": 0, "test": 0, "before": 0, "after": 0,
            "share_before": 0.0, "share_after": 0.0,
        },
    ]  # fmt: skip
    assert found["rows"] == {"train": 8, "validation": 1, "test": 2}
    assert (found["ratio_before"], found["ratio_after"]) == (7.0, 3.0)
    assert found["topics_without_training_rows"] == ("C",)
    assert (found["test_truth"], found["test_unlabelled"], found["largest_copies"]) == ("given", 3, 2)
    assert found["tokens"] is None
    assert json.loads(json.dumps(found, allow_nan=False))["topics"] == list(found["topics"])


def test_tokens_of_queries_against_conversations() -> None:
    queries = [
        Query(f"q{n}", "text", "t", query_tokens=q, trace_tokens=t)
        for n, (q, t) in enumerate([(0, 10), (60, 3000), (62, 3457), (64, 4000), (600, 9000)])
    ]
    measured = token_statistics(queries)
    assert measured is not None
    found = asdict(measured)
    query, histogram = found["query"], found["histogram"]
    assert query == {
        "n": 5, "mean": pytest.approx(157.2), "median": 62.0, "p90": pytest.approx(385.6), "largest": 600, "over_512": 1
    }  # fmt: skip
    assert found["ratio"] == pytest.approx(3457 / 62)
    assert isinstance(histogram, dict)
    assert sum(histogram["query"]) == sum(histogram["trace"]) == 5
    assert len(histogram["edges"]) == len(histogram["query"]) + 1
    assert histogram["edges"][0] == 1
    assert histogram["edges"][-1] > 9000


def test_unknown_lengths_give_no_ratio() -> None:
    found = token_statistics([Query("q", "text", "t")])
    assert found is not None
    assert found.ratio is None
