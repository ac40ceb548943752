"""The commands by name, each in a module that is imported when the command is called, so that ``--help`` is light."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

STAGES = {
    "ingest": "Read the traces and take what the user first asked in each.",
    "label": "Ask every annotator about every query.",
    "agree": "Compare the annotators and settle the labels.",
    "split": "Put every query in train, validation or test, near-copies on one side.",
    "balance": "Even out the topics among the training rows.",
    "train": "Train every candidate that is not trained yet.",
    "evaluate": "Judge every candidate on the same test rows.",
    "report": "Write the page and the tables behind it.",
}
"""The stages in order, each with the help of its command."""
SHORT_HELP = {
    "demo": "Run the whole path on shipped conversations.",
    "look": "Look at logs before trusting them.",
    "init": "Make a project folder of your own.",
    "estimate": "Say what labelling, training and serving will cost, before a cent is spent.",
    "run": "Run every stage that is not up to date.",
    **STAGES,
    "taxonomy": "Say what changed in the topics, list their versions, or apply edits to them.",
    "discover": "Find what no topic covers, and propose topics for it.",
    "accept": "Make proposals edits of the topics, and say what that does to the rows of the run.",
    "audit": "Draw a sample for a person to label, or read the answers.",
    "compare": "Compare two runs: what changed in data, settings and labels, and whether scores did.",
    "classify": "Classify lines of text or JSON, conversations, or the rows of CSV and Parquet files.",
    "serve": "Serve a trained classifier over HTTP.",
    "shares": "Say how many rows are about each topic, corrected for the classifier's mistakes.",
    "trends": "Say what changes over time: topics that rise or fall, rows far from anything known.",
    "bench": "Measure speed under load: texts a second and latency with their 95 % intervals, failures, memory.",
    "export": "Write labels, predictions or training data as other tools read them, or an encoder for onnxruntime.",
    "ledger": "Look at the answers that were paid for: count, export, merge or prune them.",
    "costs": "Say what was spent on models so far: by model, day, purpose and run.",
    "published": "Read the published experiment's table through our statistics.",
}
"""Every command with the first line of its help, in the order in which ``topicsmith --help`` lists them."""


class Commands(TyperGroup):
    """A group that imports a command's module on first use."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands: Any = dict.fromkeys(SHORT_HELP)  # the names, which typer lists and suggests

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # typer's signature
        """The command of that name, or ``None``."""
        if cmd_name not in SHORT_HELP:
            return None
        if cmd_name in STAGES:
            function = import_module("topicsmith.cli.running.run_command").command_of(cmd_name, STAGES[cmd_name])
        else:
            module = "running.run_command" if cmd_name == "run" else cmd_name
            function = getattr(import_module(f"topicsmith.cli.{module}"), cmd_name)
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        alone.command(cmd_name)(function)
        return typer.main.get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # typer's signature
        """The list of commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SHORT_HELP.items()))
