"""``topicsmith run``: every stage in order, the fresh ones skipped; and each stage by a command of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.cli.json_output.documents import show
from topicsmith.cli.json_output.run import run_document
from topicsmith.cli.options import AsJson, ProjectPath, Quiet, RunName
from topicsmith.cli.running.dry_run import plan
from topicsmith.cli.streams import mention
from topicsmith.errors import ProjectError
from topicsmith.pipeline import run_path, run_stages, stage_names
from topicsmith.progress import TerminalProgress
from topicsmith.project_file import read_project
from topicsmith.runs import open_run


def run(
    folder: Annotated[
        Path | None, typer.Argument(help="The project file or its folder, as with --project.", show_default=False)
    ] = None,
    project: ProjectPath = Path(),
    run: RunName = None,
    until: Annotated[str | None, typer.Option("--until", help="Stop after this stage.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="Bring only this stage up to date.")] = None,
    quiet: Quiet = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which stages would run, why, and the most it would cost; run none.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run every stage that is not up to date.

    The stages are ingest, label, agree, split, balance, train, evaluate and report. A stage whose inputs, settings and
    code did not change is skipped. Stop it, kill it, run it again: what was done stays done, nothing is paid twice.
    """
    project = project if folder is None else folder
    chosen = chosen_stages(stage_names(), until, only)
    if dry_run:
        plan(project, run, chosen, quiet, as_json)
    else:
        execute("run", project, run, chosen, quiet, as_json)


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


def execute(command: str, project: Path, name: str | None, stages: Sequence[str], quiet: bool, as_json: bool) -> None:
    """Run ``stages`` of the project at ``project`` and tell where the report lies; ``command`` is what was typed."""
    checked = read_project(project)
    with open_run(run_path(checked, name)) as folder:
        reports = run_stages(checked, folder, TerminalProgress(quiet), stages)
        if as_json:
            show(run_document(command, folder, reports))
        elif "report" in stages:
            mention(f"{folder.file('report.html')}\n")


def command_of(stage: str, summary: str) -> Callable[..., None]:
    """The command that brings ``stage`` up to date."""

    def command(
        project: ProjectPath = Path(), run: RunName = None, quiet: Quiet = False, as_json: AsJson = False
    ) -> None:
        execute(stage, project, run, [stage], quiet, as_json)

    command.__doc__ = summary
    return command
