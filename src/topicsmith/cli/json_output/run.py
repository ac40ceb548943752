"""What ``--json`` says of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from topicsmith.advice.choice import RunChoice, read_choice
from topicsmith.advice.verdict import FILE as VERDICT
from topicsmith.advice.verdict import Verdict
from topicsmith.cli.json_output.documents import JsonDocument
from topicsmith.evaluation.results import Evaluation
from topicsmith.pipeline import StageReport
from topicsmith.runs import Manifest, RunFolder
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class StageDone:
    """A stage that is up to date: ``skipped`` when nothing had changed, with what it counts, also then."""

    name: str
    skipped: bool
    seconds: float
    counts: dict[str, object]


@dataclass(frozen=True)
class CandidateScores:
    """A candidate on the test rows, by the ``truth`` they were judged by: given topics, or agreed labels."""

    name: str
    kind: str
    n: int
    failures: int
    truth: Literal["given", "labels"]
    accuracy: Interval
    macro_f1: Interval
    tied_with_best: bool
    p95_ms: float | None
    usd_per_1k: float | None


@dataclass(frozen=True, kw_only=True)
class RunDocument(JsonDocument):
    """``run``, ``demo``, and each stage's own command.

    ``choice``, ``verdict`` and ``candidates`` (best first) are given where the stage ``evaluate`` was among those
    brought up to date, ``report`` where ``report`` was; ``alarms`` are those of every stage.
    """

    run: str
    stages: tuple[StageDone, ...]
    choice: RunChoice | None = None
    verdict: Verdict | None = None
    candidates: tuple[CandidateScores, ...] = ()
    alarms: tuple[str, ...] = ()
    report: str | None = None


def run_document(command: str, folder: RunFolder, reports: Sequence[StageReport]) -> RunDocument:
    """What the stages of ``reports`` have left in ``folder``.

    Raises:
        RunStateError: when a document of theirs is damaged.
    """
    manifest = Manifest(folder)
    done = tuple(StageDone(r.name, r.skipped, round(r.seconds, 3), _counts(manifest, r.name)) for r in reports)
    names = {report.name for report in reports}
    judged = "evaluate" in names
    verdict = folder.read(VERDICT, Verdict) if judged else None
    raised = [line for stage in done for line in _lines(stage.counts.get("alarms"))]
    return RunDocument(
        command=command,
        run=str(folder.path),
        stages=done,
        choice=read_choice(folder) if judged else None,
        verdict=verdict,
        candidates=_scores(folder) if judged else (),
        alarms=(*raised, *(verdict.alarms if verdict else ())),
        report=str(folder.file("report.html")) if "report" in names else None,
    )


def _counts(manifest: Manifest, stage: str) -> dict[str, object]:
    counts = manifest.stage(stage).get("counts")
    return dict(counts) if isinstance(counts, dict) else {}


def _lines(value: object) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else []


def _scores(folder: RunFolder) -> tuple[CandidateScores, ...]:
    """The contenders on the test rows, best first."""
    found = folder.read("evaluations.json", list[Evaluation])
    return tuple(
        CandidateScores(
            name=e.candidate,
            kind=e.kind,
            n=e.n,
            failures=e.failures,
            truth=e.truth,
            accuracy=e.accuracy,
            macro_f1=e.macro_f1,
            tied_with_best=e.comparison is None or e.comparison.tied,
            p95_ms=e.p95_ms,
            usd_per_1k=e.usd_per_1k,
        )
        for e in found
        if e.split == "test" and e.stood_for is None
    )
