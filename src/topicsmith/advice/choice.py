"""The one choice of a run: what to deploy, or why nothing is fit for it yet; ``choice.json``.

Everybody who needs "the" classifier of a run (the report, ``classify``, ``ts.load``, ``bench``) reads it from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from topicsmith.advice.wording import accuracy_text, percent
from topicsmith.classifiers.base import traits_of
from topicsmith.errors import ModelFolderError
from topicsmith.evaluation.results import Evaluation
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval

FILE = "choice.json"
FEWEST_ROWS = 30
"""Test rows below which nothing is deployed: even 29 of 29 right leaves more than one in ten in doubt (Wilson)."""
FEWEST_LABELLED = 0.5
"""The share of labelled queries below which agreed rows speak for too little of the traffic."""


@dataclass(frozen=True)
class RunChoice:
    """``candidate`` is what to deploy; ``None`` when nothing is, ``reason`` says why and ``next_step`` what to do."""

    candidate: str | None
    reason: str
    next_step: str


def eligible(evaluations: Sequence[Evaluation], audited: Mapping[str, Interval] | None = None) -> list[Evaluation]:
    """The candidates that are shown to beat a constant answer; baselines never are.

    Shown means that the lower end of the accuracy's interval lies above the share of the commonest topic. Where a
    person audited, it is the accuracy on all rows that counts (``audited``, by candidate), and what was not audited
    cannot be compared.
    """
    real = [e for e in evaluations if not traits_of(e.kind).baseline]
    if not audited:
        return [e for e in real if e.accuracy.low > constant_accuracy(e)]
    constant = [audited[e.candidate].value for e in evaluations if e not in real and e.candidate in audited]
    return [
        e for e in real if e.candidate in audited and audited[e.candidate].low > max([constant_accuracy(e), *constant])
    ]


def constant_accuracy(evaluation: Evaluation) -> float:
    """How often the commonest topic of the test rows is right."""
    return max((topic.support for topic in evaluation.by_topic), default=0) / evaluation.n if evaluation.n else 1.0


def too_little(evaluations: Sequence[Evaluation], labelled_share: float | None) -> RunChoice | None:
    """Why the evidence is too thin to deploy anything, however right it looks; ``None`` when it is not.

    ``labelled_share`` of the queries have a label; ``None`` where a person's audit covers all rows. It matters only
    where the labels are what classifiers are judged by.
    """
    best = next((e for e in evaluations if not traits_of(e.kind).baseline), None)
    if best is None or not best.n:
        return None
    if best.truth == "labels" and labelled_share is not None and labelled_share < FEWEST_LABELLED:
        return RunChoice(
            None,
            f"Labels cover only {percent(labelled_share)} of the queries, so the scores say nothing of most of them.",
            "Describe the topics with a sentence and examples each, add a catch-all, or take other annotators, or "
            "have a person label a sample of all rows ('topicsmith audit').",
        )
    if best.n < FEWEST_ROWS:
        return RunChoice(
            None,
            f"{best.n:,} test {'row is' if best.n == 1 else 'rows are'} too few to judge by; it takes {FEWEST_ROWS}.",
            f"Label more rows: with {percent(0.2)} of them for testing, some {5 * FEWEST_ROWS} are needed.",
        )
    return None


def why_none(evaluations: Sequence[Evaluation], audited: Mapping[str, Interval] | None = None) -> RunChoice:
    """Why none of ``evaluations``, best first, is fit to be deployed, and what would change that."""
    judged = [e for e in evaluations if e.n]
    if not judged:
        return RunChoice(
            None,
            "No test row has a topic to be judged by.",
            "Label more rows ('topicsmith run' with more traces or annotators), so that some fall into the test rows.",
        )
    real = [e for e in judged if not traits_of(e.kind).baseline]
    if not real:
        return RunChoice(
            None,
            "Every candidate is a baseline, which is there to be compared with.",
            "Add a candidate to the project file, for example '{name: tfidf, kind: linear}', and run again.",
        )
    best = max(real, key=lambda e: (audited or {}).get(e.candidate, e.accuracy).value)
    return RunChoice(
        None,
        f"No candidate is shown to beat a constant answer: {best.candidate} is "
        f"{accuracy_text(best, (audited or {}).get(best.candidate))}, and always answering the commonest topic would "
        f"be on {percent(constant_accuracy(best))}.",
        "Label more rows, or sharpen the topics' descriptions, and run 'topicsmith run' again.",
    )


def read_choice(run: RunFolder) -> RunChoice:
    """The choice of a run; of a run judged before there was one, what its advice says.

    Raises:
        RunStateError: when the run has not been judged.
    """
    if run.file(FILE).is_file():
        return run.read(FILE, RunChoice)
    advice = run.read("advice.json", _EarlierAdvice)
    return RunChoice(advice.deploy, " ".join(advice.why[:1]), "Run 'topicsmith run' again.")


@dataclass(frozen=True)
class _EarlierAdvice:
    """What of ``advice.json`` is read of a run judged before there was a choice."""

    deploy: str | None = None
    why: tuple[str, ...] = ()


def chosen_candidate(run: RunFolder, where: Path) -> str:
    """The candidate to deploy of the run at ``where``.

    Raises:
        ModelFolderError: when there is nothing to deploy yet.
    """
    choice = read_choice(run)
    if choice.candidate is None:
        raise ModelFolderError(
            f"{where}: nothing to deploy yet: {choice.reason} {choice.next_step} To use one all the same, name it with "
            "'--candidate' (in Python: load(path, candidate))"
        )
    return choice.candidate
