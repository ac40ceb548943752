"""When to fine-tune and when not: the published experiment's checklist, answered line by line for this data.

Source of the questions and their thresholds: Orq.ai, "Can a 4B Model Match a 14B Model?", 5 December 2025.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.advice.inputs import Facts
from topicsmith.advice.wording import interval_text, join, percent
from topicsmith.classifiers.base import traits_of
from topicsmith.costs.cost import BreakEven, CandidateCost, break_even, worth_waiting
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval, wilson

ENOUGH_ROWS, ENOUGH_PER_TOPIC, FEW_ROWS = 5000, 500, 2000
GOOD_PROMPTING, CRITICAL_MS = 0.85, 100.0
SHOWN = 3
NOT_PROMPTED = "No prompted candidate was measured; add one ('kind: prompted')."


@dataclass(frozen=True)
class Check:
    """One line: question, answer with its numbers, and whether it speaks for fine-tuning (``None``: unknown)."""

    question: str
    answer: str
    holds: bool | None


def checklist(
    evaluations: Sequence[Evaluation],
    costs: Sequence[CandidateCost],
    targets: TargetSettings,
    facts: Facts,
    audited: Mapping[str, Interval] | None = None,
) -> tuple[Check, ...]:
    """Answer every line from what was measured; ``audited`` are accuracies on all rows, by candidate."""
    return (
        _rows(facts),
        _rows_per_topic(facts),
        _stable(targets),
        _format(evaluations),
        _latency(evaluations, targets),
        _volume(evaluations, costs, targets),
        _prompting(evaluations, audited or {}),
        _enough_to_start(facts, targets),
        _own_topics(targets),
    )


def _is_prompted(kind: str) -> bool:
    """Whether a kind asks a model that was never trained on these rows."""
    traits = traits_of(kind)
    return traits.remote and not traits.trained


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
    prompted = [e for e in evaluations if _is_prompted(e.kind)]
    if not prompted:
        return Check(question, NOT_PROMPTED, None)
    worst = max(prompted, key=lambda e: e.failures / e.n)
    share = interval_text(wilson(worst.failures, worst.n))
    answer = f"{worst.candidate} gave no usable answer on {worst.failures:,} of {worst.n:,} rows, {share}."
    return Check(question, answer, worst.failures / worst.n > 0.01)


def _latency(evaluations: Sequence[Evaluation], targets: TargetSettings) -> Check:
    question = f"Must answers come within {CRITICAL_MS:.0f} ms?"
    wanted = "The project names no limit" if targets.p95_ms is None else f"The project wants {targets.p95_ms:g} ms"
    timed = sorted(
        (e.p95_ms, e.candidate) for e in evaluations if e.p95_ms is not None and not traits_of(e.kind).baseline
    )
    quick = [f"{name} ({milliseconds:.3g} ms)" for milliseconds, name in timed if milliseconds < CRITICAL_MS]
    more = f" and {len(quick) - SHOWN} more" if len(quick) > SHOWN else ""
    kept = f"95 % of answers come in time from {join(quick[:SHOWN])}{more}" if timed else "latency was not measured"
    return Check(question, f"{wanted}; {kept}.", None if targets.p95_ms is None else targets.p95_ms <= CRITICAL_MS)


def _volume(evaluations: Sequence[Evaluation], costs: Sequence[CandidateCost], targets: TargetSettings) -> Check:
    """Whether the cheapest training pays against asking a model, which needs none."""
    question = "Is the volume high enough to pay for training?"
    kinds = {e.candidate: e.kind for e in evaluations}
    asked = [c for c in costs if _is_prompted(kinds.get(c.candidate, ""))]
    trained = [c for c in costs if c.candidate in kinds and traits_of(kinds[c.candidate]).trained]
    if not asked:
        return Check(question, NOT_PROMPTED, None)
    pairs = [(found, a, t) for a in asked for t in trained if (found := break_even(t, a)) is not None]
    if not pairs:
        return Check(question, "Too few prices are known to say when it pays.", None)
    meeting = [(found.texts, t, a) for found, a, t in pairs if found.texts is not None and _pays(found, t)]
    if not meeting:
        return Check(question, f"No trained candidate is cheaper per 1,000 than {join(_names(asked))}: never.", False)
    texts, by, against = min(meeting, key=lambda item: (item[0], item[1].candidate))
    if not worth_waiting(texts, targets.per_day):
        volume = "a million texts" if targets.per_day is None else f"{targets.per_day:,} texts"
        return Check(question, f"At {volume} a day no training pays for itself within ten years.", False)
    answer = f"{by.candidate} costs less in all than {against.candidate} from {texts:,} texts on"
    if targets.per_day is None:
        return Check(question, f"{answer}; the project names no volume ('targets.per_day').", None)
    days = texts / targets.per_day
    return Check(question, f"{answer}: {days:,.0f} days at {targets.per_day:,} a day.", days <= 365)


def _pays(found: BreakEven, trained: CandidateCost) -> bool:
    return found.dearer_to_start == trained.candidate


def _names(costs: Sequence[CandidateCost]) -> list[str]:
    return [cost.candidate for cost in costs]


def _prompting(evaluations: Sequence[Evaluation], audited: Mapping[str, Interval]) -> Check:
    question = f"Does prompting alone stay below {percent(GOOD_PROMPTING)}?"
    prompted = [e for e in evaluations if _is_prompted(e.kind)]
    if not prompted:
        return Check(question, NOT_PROMPTED, None)
    best = max(prompted, key=lambda e: e.accuracy.value)
    trained = [e for e in evaluations if traits_of(e.kind).trained]
    beside = ""
    if trained:
        top = max(trained, key=lambda e: e.accuracy.value)
        beside = f"; the best trained one, {top.candidate}, {_told(top, audited)}"
    figure = audited.get(best.candidate, best.accuracy)
    return Check(question, f"{best.candidate} reaches {_told(best, audited)}{beside}.", figure.value <= GOOD_PROMPTING)


def _told(e: Evaluation, audited: Mapping[str, Interval]) -> str:
    """An accuracy with its interval, and whose rows it is of where they are not all."""
    if e.candidate in audited:
        return f"{interval_text(audited[e.candidate])} of all rows by the audit"
    return interval_text(e.accuracy) + (" of the agreed rows" if e.truth == "labels" else "")


def _enough_to_start(facts: Facts, targets: TargetSettings) -> Check:
    question = f"More than {FEW_ROWS:,} rows, of topics that seldom change?"
    n = facts.labelled_rows
    if not n:
        return Check(question, "Not known.", None)
    said = "change" if targets.changing_topics else "are stable"
    answer = f"{n:,} training rows; the project says its topics {said}."
    return Check(question, answer, n > FEW_ROWS and not targets.changing_topics)


def _own_topics(targets: TargetSettings) -> Check:
    question = "Can it do without topics that users name as they go?"
    said = "does not ask for them" if not targets.changing_topics else "has changing topics, which need new training"
    return Check(question, f"The project {said} ('targets.changing_topics').", not targets.changing_topics)
