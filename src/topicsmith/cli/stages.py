"""One command per stage: each is ``run --only`` under the stage's own name."""

from collections.abc import Callable
from pathlib import Path

from topicsmith.cli.options import AsJson, ProjectPath, Quiet, RunName
from topicsmith.cli.run_command import execute

SUMMARIES = {
    "ingest": "Read the traces and take what the user first asked in each.",
    "label": "Ask every annotator about every query.",
    "agree": "Compare the annotators and settle the labels.",
    "split": "Put every query in train, validation or test, near-copies on one side.",
    "balance": "Even out the topics among the training rows.",
    "train": "Train every candidate that is not trained yet.",
    "evaluate": "Judge every candidate on the same test rows.",
    "report": "Write the page and the tables behind it.",
}


def _command(stage: str, summary: str) -> Callable[..., None]:
    def command(
        project: ProjectPath = Path(), run: RunName = None, quiet: Quiet = False, as_json: AsJson = False
    ) -> None:
        execute(project, run, [stage], quiet, as_json)

    command.__name__ = stage
    command.__doc__ = summary
    return command


COMMANDS = {stage: _command(stage, summary) for stage, summary in SUMMARIES.items()}
