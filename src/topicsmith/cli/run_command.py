"""``topicsmith run``: every stage in order, the fresh ones skipped."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from topicsmith.cli.options import AsJson, ProjectPath, Quiet, RunName
from topicsmith.errors import ProjectError
from topicsmith.pipeline import run_path, run_stages, stage_names
from topicsmith.progress import TerminalProgress
from topicsmith.project_file import read_project
from topicsmith.runs import open_run


def run(
    project: ProjectPath = Path(),
    run: RunName = None,
    until: Annotated[str | None, typer.Option("--until", help="Stop after this stage.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="Bring only this stage up to date.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run every stage that is not up to date.

    The stages are ingest, label, agree, split, balance, train, evaluate and report. A stage whose inputs, settings and
    code did not change is skipped. Stop it, kill it, run it again: what was done stays done, nothing is paid twice.
    """
    execute(project, run, chosen_stages(stage_names(), until, only), quiet, as_json)


def chosen_stages(names: list[str], until: str | None, only: str | None) -> list[str]:
    """The stages that ``--until`` and ``--only`` leave.

    Raises:
        ProjectError: when both are given, or one is not a stage.
    """
    if until and only:
        raise ProjectError(f"--until {until} and --only {only} are mutually exclusive; give one")
    for option, value in (("--until", until), ("--only", only)):
        if value and value not in names:
            raise ProjectError(f"{option} {value}: no such stage; the stages are {', '.join(names)}")
    if only:
        return [only]
    return names[: names.index(until) + 1] if until else names


def execute(project: Path, name: str | None, stages: Sequence[str], quiet: bool, as_json: bool) -> None:
    """Run ``stages`` of the project at ``project`` and tell where the report lies."""
    checked = read_project(project)
    if name is not None and Path(name).name != name:
        raise ProjectError(f"--run {name}: a run's name has no slashes in it")
    with open_run(run_path(checked, name)) as folder:
        reports = run_stages(checked, folder, TerminalProgress(quiet), stages)
        if as_json:
            document = [{"stage": r.name, "skipped": r.skipped, "seconds": round(r.seconds, 3)} for r in reports]
            sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
        elif "report" in stages:
            sys.stdout.write(f"{folder.file('report.html')}\n")
