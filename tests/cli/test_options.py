"""Shared options mean the same in every command."""

import pytest

from tests.cli.test_main import topicsmith
from topicsmith.cli.commands import STAGES


@pytest.mark.slow
def test_every_stage_command_takes_the_same_options() -> None:
    for name in ("run", *STAGES):
        shown = topicsmith(name, "--help").stdout
        for option in ("-p, --project", "--run", "-q, --quiet", "--json"):
            assert option in shown, f"{name} lacks {option}"
