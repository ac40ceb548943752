"""Reading what was measured: ``evaluations.json``, with the order of ``leaderboard.json``."""

from topicsmith.report.labelled import estimate, matrix
from topicsmith.report.parts import Bias, Candidate, Comparison, Estimate, SubtopicScore, TopicScore
from topicsmith.report.reading import Node

FAILED = "no answer"
"""The last column of a confusion matrix: the classifier failed."""


def read_candidates(evaluations: Node, leaderboard: Node) -> tuple[Candidate, ...]:
    """The candidates on the test rows, best first; what only the leaderboard has is taken from there."""
    rows = {row.text("candidate"): (place, row) for place, row in enumerate(leaderboard.items())}
    tests = [e for e in evaluations.items() if e.text("split") == "test" and estimate(e["accuracy"]) is not None]
    if not tests:
        tests = list(leaderboard.items())
    nowhere = (len(rows), Node())
    tests.sort(key=lambda e: rows.get(e.text("candidate"), nowhere)[0])
    return tuple(_candidate(rank, e, rows.get(e.text("candidate"), nowhere)[1]) for rank, e in enumerate(tests, 1))


def _figure(node: Node, row: Node, key: str) -> Estimate | None:
    """A figure with the interval that stands in it, or beside it as ``key_low`` and ``key_high``."""
    found = estimate(node[key])
    if found is not None and found.low is None:
        return Estimate(found.value, row.number(f"{key}_low"), row.number(f"{key}_high"), row.count("n"))
    return found or estimate(row[key])


def _candidate(rank: int, node: Node, row: Node) -> Candidate:
    topics = node["topics"].texts()
    accuracy = _figure(node, row, "accuracy")
    assert accuracy is not None  # rows without one are left out, and the leaderboard always has it
    comparison = _comparison(node["comparison"])
    both = {key: node.number(key) if node[key] else row.number(key) for key in _PLAIN}
    return Candidate(
        rank=rank,
        name=node.text("candidate") or "",
        kind=node.text("kind") or "",
        model=node.text("model"),
        prompt=node.text("prompt"),
        n=node.count("n") or 0,
        truth=node.text("truth") or "labels",
        failures=node.count("failures") or 0,
        failures_by_status=node["failures_by_status"].counts(),
        accuracy=accuracy,
        macro_f1=_figure(node, row, "macro_f1"),
        balanced_accuracy=_figure(node, row, "balanced_accuracy"),
        in_scope_accuracy=estimate(node["in_scope_accuracy"]),
        catch_all_recall=estimate(node["catch_all_recall"]),
        bias=_bias(node["bias"]),
        by_topic=tuple(_topic(item) for item in node["by_topic"].items()),
        by_subtopic=tuple(_subtopic(item) for item in node["by_subtopic"].items()),
        confusion=matrix(node["confusion"], topics, (*topics, FAILED)),
        comparison=comparison,
        tied_with_best=rank > 1 and (comparison.tied if comparison else row["tied_with_best"].value is True),
        stood_for=row.text("stood_for"),
        **both,
    )


_PLAIN = (
    "macro_precision",
    "macro_recall",
    "p50_ms",
    "p95_ms",
    "texts_per_s",
    "output_tokens_mean",
    "train_s",
    "train_usd",
    "usd_per_1k",
)


def _comparison(node: Node) -> Comparison | None:
    if not node:
        return None
    return Comparison(
        only_best=node.count("only_best") or 0,
        only_this=node.count("only_this") or 0,
        p_adjusted=node.number("p_adjusted"),
        tied=node["tied"].value is True,
        rows_to_tell=node.count("rows_to_tell"),
    )


def _bias(node: Node) -> Bias | None:
    bias = Bias(*(estimate(node[key]) for key in ("agreed_by_label", "agreed_by_truth", "all_by_truth")))
    return bias if bias != Bias(None, None, None) else None


def _topic(node: Node) -> TopicScore:
    return TopicScore(
        topic=node.text("topic") or "",
        support=node.count("support") or 0,
        precision=node.number("precision"),
        recall=estimate(node.first("recall_interval", "recall")),
        f1=estimate(node.first("f1_interval", "f1")),
    )


def _subtopic(node: Node) -> SubtopicScore:
    return SubtopicScore(
        topic=node.text("topic") or "",
        subtopic=node.text("subtopic") or "",
        support=node.count("support") or 0,
        topic_accuracy=estimate(node["topic_accuracy"]),
        subtopic_accuracy=estimate(node["subtopic_accuracy"]),
    )
