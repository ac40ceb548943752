"""The stages in order. Each is a function from what earlier stages left in the run folder to its own files.

ingest → label → agree → split → balance → train → evaluate → report
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from topicsmith.atomic_files import sha256
from topicsmith.errors import ProjectError
from topicsmith.progress import Progress
from topicsmith.project import Project
from topicsmith.runs import Manifest, RunFolder, fingerprint
from topicsmith.stages import evaluate, labels, report, rows, train
from topicsmith.stages.base import Outcome, StageContext, code_fingerprint, library_versions, writes
from topicsmith.stages.checks import check_candidates
from topicsmith.stages.leftovers import stop_leftovers


@dataclass(frozen=True)
class Stage:
    """One step.

    ``after`` names the stages whose results it uses; ``settings`` picks what of the project it depends on; ``writes``
    names its files; ``rooms`` are the packages whose code decides its result; ``also_reads`` names files of the run
    folder that a person's command leaves there.
    """

    name: str
    after: tuple[str, ...]
    settings: Callable[[Project], object]
    writes: Callable[[Project], tuple[str, ...]]
    rooms: tuple[str, ...]
    run: Callable[[StageContext], Outcome]
    also_reads: tuple[str, ...] = ()


STAGES: tuple[Stage, ...] = (
    Stage(
        name="ingest",
        after=(),
        settings=rows.ingest_settings,
        writes=writes("queries.parquet", "dropped.parquet"),
        rooms=("traces",),
        run=rows.ingest,
    ),
    Stage(
        name="label",
        after=("ingest",),
        settings=labels.label_settings,
        writes=writes("annotations.parquet"),
        rooms=("labels", "llm", "statistics"),
        run=labels.label,
    ),
    Stage(
        name="agree",
        after=("ingest", "label"),
        settings=labels.agree_settings,
        writes=writes("agreement.json", "labels.parquet", "label_quality.json", "suspicious.json"),
        rooms=("labels", "statistics"),
        run=labels.agree,
        also_reads=("audit_answers.json",),
    ),
    Stage(
        name="split",
        after=("ingest", "agree"),
        settings=rows.split_settings,
        writes=writes("splits.parquet"),
        rooms=("dataset",),
        run=rows.split,
    ),
    Stage(
        name="balance",
        after=("ingest", "agree", "split"),
        settings=rows.balance_settings,
        writes=writes("splits.parquet", "statistics.json"),
        rooms=("dataset",),
        run=rows.balance,
    ),
    Stage(
        name="train",
        after=("ingest", "label", "agree", "split", "balance"),
        settings=train.settings,
        writes=train.files,
        rooms=("classifiers",),
        run=train.train,
    ),
    Stage(
        name="evaluate",
        after=("ingest", "label", "agree", "split", "balance", "train"),
        settings=evaluate.settings,
        writes=evaluate.files,
        rooms=("evaluation", "classifiers", "statistics", "advice", "audit", "costs", "loadtest"),
        run=evaluate.evaluate,
        also_reads=("bench.json", "audit_answers.json"),
    ),
    Stage(
        name="report",
        after=("ingest", "label", "agree", "balance", "evaluate"),
        settings=report.settings,
        writes=writes("report.html"),
        rooms=("report", "reference"),
        run=report.report,
        also_reads=("audit_report.json", "bench.json"),
    ),
)


@dataclass(frozen=True)
class StageReport:
    """What became of one stage in one ``run``: ``skipped`` when it was fresh."""

    name: str
    skipped: bool
    seconds: float


def stage_names() -> list[str]:
    """The stages' names, in order."""
    return [stage.name for stage in STAGES]


def run_stages(project: Project, folder: RunFolder, progress: Progress, names: Sequence[str]) -> list[StageReport]:
    """Bring the stages called ``names`` up to date, in order; fresh ones are skipped and said to be.

    Raises:
        ProjectError: when a stage is asked for whose earlier stages were not run.
    """
    stop_leftovers(folder, progress)
    if "train" in names:
        check_candidates(project, folder)
    manifest = Manifest(folder)
    reports = []
    for stage in STAGES:
        if stage.name not in names:
            continue
        for earlier in stage.after:
            if manifest.result(earlier) is None:
                raise ProjectError(f"'{stage.name}' needs '{earlier}' first; run 'topicsmith run --until {stage.name}'")
        reports.append(_run_stage(stage, project, folder, manifest, progress))
    return reports


def _run_stage(
    stage: Stage, project: Project, folder: RunFolder, manifest: Manifest, progress: Progress
) -> StageReport:
    mark = fingerprint(
        {
            "settings": stage.settings(project),
            "after": {name: manifest.result(name) for name in stage.after},
            "code": code_fingerprint(stage.rooms),
            "files": [sha256(folder.file(name)) if folder.file(name).exists() else None for name in stage.also_reads],
        }
    )
    files = stage.writes(project)
    later = [other.name for other in STAGES if set(other.writes(project)) & set(files)]
    if manifest.is_fresh(stage.name, mark, files, later):
        progress.say(f"{stage.name}: nothing changed, skipped")
        return StageReport(stage.name, True, 0.0)
    started = time.monotonic()
    manifest.begin(stage.name, mark)
    outcome = stage.run(StageContext(project, folder, manifest, progress))
    manifest.finish(stage.name, files, outcome.counts, library_versions(outcome.libraries))
    seconds = time.monotonic() - started
    progress.say(f"{stage.name}: {outcome.summary} ({seconds:.1f} s)")
    return StageReport(stage.name, False, seconds)


def run_path(project: Project, name: str | None = None) -> Path:
    """Where the run called ``name`` lies; by default the one that bears the project's name."""
    return project.folder / "runs" / (name or project.name)
