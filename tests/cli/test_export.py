"""Exporting the rows of a finished run."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.test_pipeline import run
from topicsmith.cli.export import export
from topicsmith.errors import ProjectError

app = typer.Typer()
app.command()(export)


@pytest.mark.slow
def test_training_rows_go_out_and_test_rows_never(small_project: Path) -> None:
    run(small_project)
    latest = str(small_project / "runs/latest")
    out = small_project / "train.jsonl"
    done = CliRunner().invoke(app, [latest, "-p", str(small_project), "--format", "together", "-o", str(out)])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    shown = CliRunner().invoke(app, [latest, "-p", str(small_project), "--split", "validation"])
    assert shown.exit_code == 0, shown.output
    kept = [json.loads(line) for line in shown.stdout.splitlines()]
    users = {row["messages"][1]["content"] for row in rows} | {row["messages"][1]["content"] for row in kept}
    assert len(users) < 180 * 0.75
    assert {json.loads(row["messages"][2]["content"])["topic"] for row in rows} == {"Music", "Travel", "Money"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "word"], "--format word: not known; use one of openai, together"),
        (["--split", "test"], "--split test: not known; use one of train, validation"),
        (["--reasoning", "after"], "--reasoning after: the prompt 'v2' asks for none; use --prompt v3"),
    ],
)
def test_options_that_cannot_be_meant(small_project: Path, options: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["runs/latest", "-p", str(small_project), *options])
    assert isinstance(done.exception, ProjectError)
    assert str(done.exception).startswith(message)
