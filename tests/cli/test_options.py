"""Shared options mean the same in every command."""

from tests.cli.test_main import topicsmith
from topicsmith.cli.stages import COMMANDS


def test_every_stage_command_takes_the_same_options() -> None:
    for name in ("run", *COMMANDS):
        shown = topicsmith(name, "--help").stdout
        for option in ("-p, --project", "--run", "-q, --quiet", "--json"):
            assert option in shown, f"{name} lacks {option}"
