"""The stages in order. Each is a function from what earlier stages left in the run folder to its own files.

ingest → label → agree → split → balance → train → evaluate → report
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from topicsmith.atomic_files import sha256
from topicsmith.disk_errors import disk_errors
from topicsmith.errors import ProjectError
from topicsmith.names import run_name
from topicsmith.progress import Progress
from topicsmith.project import Project
from topicsmith.runs import RUNS, Manifest, RunFolder
from topicsmith.stages import agree, balance, evaluate, ingest, label, report, split, train
from topicsmith.stages.base import Stage, StageContext
from topicsmith.stages.checks import check_candidates
from topicsmith.stages.code import code_fingerprint, kind_fingerprint
from topicsmith.stages.leftovers import stop_leftovers
from topicsmith.stages.taxonomy_version import note_version

STAGES: tuple[Stage, ...] = tuple(
    module.STAGE for module in (ingest, label, agree, split, balance, train, evaluate, report)
)


SETTINGS = "settings.json"
"""What the project asked for when the run was last brought up to date."""


@dataclass(frozen=True)
class StageReport:
    """What became of one stage in one ``run``: ``skipped`` when it was fresh."""

    name: str
    skipped: bool
    seconds: float


@dataclass(frozen=True)
class StagePlan:
    """Whether a stage would run: ``why`` it would, or ``None`` when it is up to date.

    ``project_changed`` says that it is the project or its logs that changed, rather than the version of topicsmith or
    what an earlier stage leaves.
    """

    name: str
    why: str | None
    project_changed: bool = False


def stage_names() -> list[str]:
    """The stages' names, in order."""
    return [stage.name for stage in STAGES]


def run_stages(project: Project, folder: RunFolder, progress: Progress, names: Sequence[str]) -> list[StageReport]:
    """Bring the stages called ``names`` up to date, in order; fresh ones are skipped and said to be.

    Raises:
        ProjectError: when a stage is asked for whose earlier stages were not run.
        StorageError: when the disk is full or failing; what was finished is kept.
    """
    with disk_errors(folder.path):
        stop_leftovers(folder, progress)
        if "train" in names:
            check_candidates(project, folder)
        folder.write_json(SETTINGS, project.to_document())
        return _run_named(project, folder, progress, names)


def _run_named(project: Project, folder: RunFolder, progress: Progress, names: Sequence[str]) -> list[StageReport]:
    manifest = Manifest(folder)
    versions = note_version(project, progress)
    reports = []
    for stage in STAGES:
        if stage.name not in names:
            continue
        for earlier in stage.after:
            if manifest.result(earlier) is None:
                raise ProjectError(f"'{stage.name}' needs '{earlier}' first; run 'topicsmith run --until {stage.name}'")
        reports.append(_run_stage(stage, StageContext(project, folder, manifest, progress, versions)))
    return reports


def plan_stages(project: Project, folder: RunFolder, names: Sequence[str]) -> list[StagePlan]:
    """Which of the stages called ``names`` would run, and why; nothing is changed.

    Raises:
        UserError: as looking at the inputs does.
    """
    manifest = Manifest(folder)
    plans: dict[str, StagePlan] = {}
    for stage in STAGES:
        if stage.name not in names:
            continue
        earlier = [name for name in stage.after if name in plans and plans[name].why is not None]
        why = manifest.why_stale(stage.name, _depends_on(stage, project, folder, manifest), stage.writes(project))
        why = why or stage.unfinished(folder)
        if earlier and why in {None, _EARLIER_CHANGED}:
            why = f"after {' and '.join(earlier)}"
        plans[stage.name] = StagePlan(stage.name, why, why is not None and _PROJECT in why)
    return list(plans.values())


_PROJECT = "settings or inputs"
_EARLIER = "earlier results"
_EARLIER_CHANGED = f"{_EARLIER} changed"


def _depends_on(stage: Stage, project: Project, folder: RunFolder, manifest: Manifest) -> dict[str, object]:
    """What the result of ``stage`` depends on; the names are shown to people."""
    return {
        _PROJECT: stage.settings(project),
        _EARLIER: {name: manifest.result(name) for name in stage.after},
        "the code of topicsmith": [
            code_fingerprint(stage.rooms),
            *(kind_fingerprint(kind) for kind in stage.kinds(project)),
        ],
        "answers of a person or a load test": [
            sha256(folder.file(name)) if folder.file(name).exists() else None for name in stage.also_reads
        ],
    }


def _run_stage(stage: Stage, context: StageContext) -> StageReport:
    project, progress = context.project, context.progress
    depends_on = _depends_on(stage, project, context.run, context.manifest)
    started = time.monotonic()
    again = stage.unfinished(context.run) is not None
    with context.once(stage.name, depends_on, stage.writes(project), unfinished=again) as work:
        if work is None:
            progress.say(f"{stage.name}: nothing changed, skipped")
            return StageReport(stage.name, True, 0.0)
        result = stage.run(context)
        work.counts, work.libraries = result.counts, result.libraries
    seconds = time.monotonic() - started
    progress.say(f"{stage.name}: {result.summary} ({seconds:.1f} s)")
    return StageReport(stage.name, False, seconds)


def run_path(project: Project, name: str | None = None) -> Path:
    """Where the run called ``name`` lies; by default the one that bears the project's name.

    Raises:
        ProjectError: when it is no name of a folder, or one that is reserved.
    """
    try:
        return project.folder / RUNS / run_name(name or project.name)
    except ValueError as exc:
        raise ProjectError(f"{'name:' if name is None else '--run'} {name or project.name}: {exc}") from None
