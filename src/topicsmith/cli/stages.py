"""One command per stage: each is ``run --only`` under the stage's own name."""

from collections.abc import Callable
from pathlib import Path

from topicsmith.cli.options import AsJson, ProjectPath, Quiet, RunName
from topicsmith.cli.run_command import execute


def command_of(stage: str, summary: str) -> Callable[..., None]:
    """The command that brings ``stage`` up to date."""

    def command(
        project: ProjectPath = Path(), run: RunName = None, quiet: Quiet = False, as_json: AsJson = False
    ) -> None:
        execute(stage, project, run, [stage], quiet, as_json)

    command.__doc__ = summary
    return command
