"""When to fine-tune and when not: the published experiment's checklist, answered line by line for this data.

Source of the questions and their thresholds: Orq.ai, "Can a 4B Model Match a 14B Model?", 5 December 2025.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.evaluation.cost import CandidateCost, break_evens
from topicsmith.evaluation.facts import Facts
from topicsmith.evaluation.results import Evaluation
from topicsmith.evaluation.wording import interval_text, join, percent
from topicsmith.project import TargetSettings

ENOUGH_ROWS, ENOUGH_PER_TOPIC, FEW_ROWS = 5000, 500, 2000
GOOD_PROMPTING, CRITICAL_MS = 0.85, 100.0
PROMPTED = frozenset({"prompted"})
TRAINED = frozenset({"linear", "embedding", "encoder", "causal", "hosted", "hierarchy"})


@dataclass(frozen=True)
class Check:
    """One line: question, answer with its numbers, and whether it speaks for fine-tuning (``None``: unknown)."""

    question: str
    answer: str
    holds: bool | None


def checklist(
    evaluations: Sequence[Evaluation], costs: Sequence[CandidateCost], targets: TargetSettings, facts: Facts
) -> tuple[Check, ...]:
    """Answer every line from what was measured."""
    return (
        _rows(facts),
        _rows_per_topic(facts),
        _stable(targets),
        _format(evaluations),
        _latency(evaluations, targets),
        _volume(costs, targets),
        _prompting(evaluations),
        _enough_to_start(facts),
    )


def _rows(facts: Facts) -> Check:
    n = facts.labelled_rows
    question = f"At least {ENOUGH_ROWS:,} labelled rows to train on?"
    return Check(question, f"{n:,} training rows.", n >= ENOUGH_ROWS) if n else Check(question, "Not known.", None)


def _rows_per_topic(facts: Facts) -> Check:
    question = f"At least {ENOUGH_PER_TOPIC} rows of every topic?"
    if not facts.training_rows:
        return Check(question, "Not known.", None)
    topic, rows = min(facts.training_rows.items(), key=lambda item: (item[1], item[0]))
    short = sum(count < ENOUGH_PER_TOPIC for count in facts.training_rows.values())
    answer = f"{short} of {len(facts.training_rows)} topics have fewer; the smallest, {topic}, has {rows:,}."
    return Check(question, answer, short == 0)


def _stable(targets: TargetSettings) -> Check:
    said = "change" if targets.changing_topics else "are stable"
    return Check("Do the topics stay as they are?", f"The project says they {said}.", not targets.changing_topics)


def _format(evaluations: Sequence[Evaluation]) -> Check:
    question = "Is consistent output needed that prompting does not give?"
    prompted = [e for e in evaluations if e.kind in PROMPTED]
    if not prompted:
        return Check(question, "No prompted candidate was measured.", None)
    worst = max(prompted, key=lambda e: e.failures / e.n)
    answer = f"{worst.candidate} gave no usable answer on {worst.failures:,} of {worst.n:,} rows."
    return Check(question, answer, worst.failures / worst.n > 0.01)


def _latency(evaluations: Sequence[Evaluation], targets: TargetSettings) -> Check:
    question = f"Must answers come within {CRITICAL_MS:.0f} ms?"
    wanted = "The project names no limit" if targets.p95_ms is None else f"The project wants {targets.p95_ms:g} ms"
    quick = [e.candidate for e in evaluations if e.p95_ms is not None and e.p95_ms < CRITICAL_MS]
    unmeasured = all(e.p95_ms is None for e in evaluations)
    kept = "latency was not measured" if unmeasured else f"95 % of answers come in time from {join(quick)}"
    return Check(question, f"{wanted}; {kept}.", None if targets.p95_ms is None else targets.p95_ms <= CRITICAL_MS)


def _volume(costs: Sequence[CandidateCost], targets: TargetSettings) -> Check:
    question = "Is the volume high enough to pay for training?"
    if targets.per_day is None:
        return Check(question, "The project names no volume ('targets.per_day').", None)
    meeting = break_evens(costs)
    if not meeting:
        return Check(question, f"{targets.per_day:,} texts a day; too few prices are known to say when it pays.", None)
    first = meeting[0]
    days = (first.texts or 0) / targets.per_day
    answer = f"At {targets.per_day:,} texts a day {first.dearer_to_start} pays against {first.cheaper_to_start} after {days:,.0f} days."  # noqa: E501
    return Check(question, answer, days <= 365)


def _prompting(evaluations: Sequence[Evaluation]) -> Check:
    question = f"Does prompting alone stay below {percent(GOOD_PROMPTING)}?"
    prompted = [e for e in evaluations if e.kind in PROMPTED]
    if not prompted:
        return Check(question, "No prompted candidate was measured.", None)
    best = max(prompted, key=lambda e: e.accuracy.value)
    trained = [e for e in evaluations if e.kind in TRAINED]
    beside = ""
    if trained:
        top = max(trained, key=lambda e: e.accuracy.value)
        beside = f"; the best trained one, {top.candidate}, {interval_text(top.accuracy)}"
    return Check(
        question,
        f"{best.candidate} reaches {interval_text(best.accuracy)}{beside}.",
        best.accuracy.value <= GOOD_PROMPTING,
    )


def _enough_to_start(facts: Facts) -> Check:
    question = f"Are there more than {FEW_ROWS:,} rows at all?"
    n = facts.labelled_rows
    return Check(question, f"{n:,} training rows.", n > FEW_ROWS) if n else Check(question, "Not known.", None)
