"""The plain verdict above the figures: can it be used, where does it fail, what does it cover, what next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.advice.choice import RunChoice
from topicsmith.advice.wording import accuracy_text, join, percent
from topicsmith.evaluation.results import Evaluation
from topicsmith.statistics.intervals import Interval

FILE = "verdict.json"
FEW_LABELS = 0.5
"""Below this share of labelled queries an alarm is raised."""
BUSY = 0.1
"""Above this share of the processors, other programs make latencies worth nothing."""
_SHOWN = 5


@dataclass(frozen=True)
class Coverage:
    """How many of the ``queries`` have a label, and how many each annotator gave a topic, by its name."""

    queries: int
    labelled: int
    by_annotator: Mapping[str, int]

    @property
    def share(self) -> float:
        """Labelled queries of all."""
        return self.labelled / self.queries if self.queries else 0.0


@dataclass(frozen=True)
class Verdict:
    """One sentence each; ``failing_topics`` have test rows of which none is found, ``alarms`` need looking at first."""

    usable: str
    failing: str
    coverage: str
    next_step: str
    failing_topics: tuple[str, ...]
    alarms: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All but the alarms, in order."""
        return tuple(text for text in (self.usable, self.failing, self.coverage, self.next_step) if text)


def judge(
    choice: RunChoice,
    chosen: Evaluation | None,
    coverage: Coverage,
    training_rows: Mapping[str, int],
    others: float | None,
    advised: Sequence[str] = (),
    audited: Interval | None = None,
    misses: Sequence[str] = (),
) -> Verdict:
    """Judge a run.

    Args:
        choice: what to deploy.
        chosen: the scores of what is deployed, or else of the best candidate; ``None`` without test rows.
        coverage: of the labels.
        training_rows: by topic, for every topic of the taxonomy.
        others: the share of the processors that other programs used while latencies were measured.
        advised: what the advice says to do next, most urgent first.
        audited: the accuracy of ``chosen`` on all rows, where a person audited.
        misses: the targets of the project that what is deployed misses.
    """
    failing = tuple(s.topic for s in chosen.by_topic if s.support and not s.f1) if chosen and chosen.n else ()
    return Verdict(
        usable=_usable(choice, chosen, audited, misses),
        failing=_failing(chosen, failing),
        coverage=_coverage(coverage),
        next_step=f"Next: {choice.next_step or (advised[0] if advised else _AUDIT)}",
        failing_topics=failing,
        alarms=tuple(_alarms(coverage, training_rows, others)),
    )


_AUDIT = "have a person check some 300 rows ('topicsmith audit'), which says how right labels and classifier are."


def _usable(choice: RunChoice, chosen: Evaluation | None, audited: Interval | None, misses: Sequence[str]) -> str:
    if choice.candidate is None or chosen is None:
        return f"Nothing to deploy yet. {choice.reason}"
    said = f"{choice.candidate} can be used: {accuracy_text(chosen, audited)}"
    if misses:
        said = (
            f"{choice.candidate} is what to use, though it misses targets of the project ({'; '.join(misses)}): it is "
            f"{accuracy_text(chosen, audited)}"
        )
    if chosen.truth == "labels" and audited is None:
        return f"{said}. The annotators agreed on these rows; expect less on real traffic, which has harder ones."
    return f"{said}."


def _failing(chosen: Evaluation | None, failing: Sequence[str]) -> str:
    if chosen is None or not chosen.n:
        return ""
    support = {score.topic: score.support for score in chosen.by_topic}
    untested = [topic for topic, rows in support.items() if not rows]
    lines = []
    if failing:
        named = [f"{topic} ({support[topic]:,} test {'row' if support[topic] == 1 else 'rows'})" for topic in failing]
        lines.append(f"{chosen.candidate} fails completely on {_some(named)}: do not rely on it there.")
    else:
        lines.append(f"{chosen.candidate} finds some rows of every topic that was tested.")
    if untested:
        lines.append(f"Not tested, for want of test rows: {_some(untested)}.")
    return " ".join(lines)


def _coverage(coverage: Coverage) -> str:
    if coverage.labelled == coverage.queries:
        return f"All {coverage.queries:,} queries have a label."
    return (
        f"{coverage.labelled:,} of {coverage.queries:,} queries ({percent(coverage.share)}) have a label; of the "
        "others nothing is learnt."
    )


def _alarms(coverage: Coverage, training_rows: Mapping[str, int], others: float | None) -> list[str]:
    found = []
    if coverage.queries and coverage.share < FEW_LABELS:
        least = sorted(coverage.by_annotator.items(), key=lambda item: (item[1], item[0]))[:1]
        whose = "".join(f"; {name} gave a topic to {percent(n / coverage.queries)}" for name, n in least)
        found.append(
            f"{percent(1 - coverage.share)} of the queries got no label{whose}: describe the topics with a sentence "
            "and examples each, add a catch-all, or take another annotator."
        )
    untrained = [topic for topic, rows in training_rows.items() if not rows]
    if untrained and any(training_rows.values()):
        have, it, its = ("have", "they", "their") if len(untrained) > 1 else ("has", "it", "its")
        found.append(f"{_some(untrained)} {have} no training row, so {it} can never be answered: label {its} rows.")
    if others is not None and others > BUSY:
        found.append(
            f"Other programs used {percent(others)} of the processors while latencies were measured; measure again on "
            "an idle machine ('topicsmith bench')."
        )
    return found


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return join([*names[:_SHOWN], f"{more:,} more"] if more > 0 else names)
