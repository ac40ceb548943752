"""A command per stage."""

from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from topicsmith.cli.commands import STAGES
from topicsmith.pipeline import stage_names


def test_there_is_a_command_for_every_stage() -> None:
    assert list(STAGES) == stage_names()


@pytest.mark.slow
def test_stage_commands_build_on_one_another(small_project: Path) -> None:
    early = topicsmith("agree", "-p", small_project)
    assert (early.returncode, early.stderr.count("\n")) == (2, 1)
    for name in ("ingest", "label", "agree"):
        assert topicsmith(name, "-p", small_project, "-q").returncode == 0
    assert (small_project / "runs/small/agreement.json").exists()
