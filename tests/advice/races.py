"""Races with known answers: which rows each candidate has right, and the advice on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from topicsmith.advice.losses import losses_by_intervals, losses_on_rows
from topicsmith.advice.recommend import Advice, advise
from topicsmith.costs.cost import CandidateCost, Serving
from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.evaluate import Identity, evaluate
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.project import TargetSettings
from topicsmith.records import Example, Prediction, TestSet, Timing
from topicsmith.statistics.intervals import Interval
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(tuple(Topic(name) for name in ("a", "b", "c", "other")), catch_all="other")
STATISTICS: dict[str, object] = {"topics": [{"topic": topic, "train": 2000} for topic in TAXONOMY.names]}


@dataclass(frozen=True)
class Runner:
    """One candidate: which rows it has right, and what it is; ``usd`` is for 1,000."""

    right: NDArray[np.bool_]
    kind: str = "linear"
    model: str | None = None
    usd: float | None = None
    p95_ms: float | None = None
    p95_ends: tuple[float, float] | None = None
    texts_per_s: float | None = None


def first(count: int, of: int) -> NDArray[np.bool_]:
    """The first ``count`` rows right, the others wrong."""
    return np.arange(of) < count


def but(row: NDArray[np.bool_], flipped: Sequence[int]) -> NDArray[np.bool_]:
    """``row`` with some rows the other way."""
    changed = row.copy()
    changed[list(flipped)] = ~changed[list(flipped)]
    return changed


def ranked_of(runners: Mapping[str, Runner], truth: str = "given", margin: float = 0.02) -> list[Evaluation]:
    """The candidates judged and compared."""
    rows, predictions = _answers(runners, truth)
    found = []
    for name, runner in runners.items():
        timing = Timing(runner.p95_ms, runner.p95_ms, runner.texts_per_s)
        identity = Identity(name, runner.kind, runner.model)
        e = evaluate(identity, rows, predictions[name], TAXONOMY, timing, Training(), runner.usd)
        low, high = runner.p95_ends or (None, None)
        found.append(replace(e, p95_low=low, p95_high=high))
    return compare(found, rows, predictions, margin=margin)


def advice_on(
    runners: Mapping[str, Runner],
    targets: TargetSettings | None = None,
    truth: str = "given",
    audited: Mapping[str, Interval] | None = None,
) -> Advice:
    """The advice on a race."""
    targets = targets or TargetSettings()
    rows, predictions = _answers(runners, truth)
    losses = losses_by_intervals(audited) if audited else losses_on_rows(rows, predictions)
    costs = [
        CandidateCost(name, 0.0, 1.0, Serving("tokens", runner.usd, runner.usd))
        for name, runner in runners.items()
        if runner.usd is not None
    ]
    ranked = ranked_of(runners, truth, targets.margin)
    return advise(ranked, costs, targets, STATISTICS, audited=audited, losses=losses)


def _answers(runners: Mapping[str, Runner], truth: str) -> tuple[TestSet, dict[str, dict[str, Prediction]]]:
    count = len(next(iter(runners.values())).right)
    topics = [("a", "b", "c")[i % 3] for i in range(count)]
    examples = tuple(Example(f"q{i}", f"text {i}", topic, label=None) for i, topic in enumerate(topics))
    rows = TestSet(examples, truth="labels" if truth == "labels" else "given")
    predictions = {
        name: {
            f"q{i}": Prediction(topic if right else "other")
            for i, (topic, right) in enumerate(zip(topics, runner.right, strict=True))
        }
        for name, runner in runners.items()
    }
    return rows, predictions
