"""Exporting the rows of a finished run."""

import json
import shutil
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
        (["--format", "word"], "--format word: not known; use one of argilla, csv, huggingface, jsonl, label-studio"),
        (["--what", "models"], "--what models: not known; use one of labels, predictions, training"),
        (["--what", "labels", "--format", "openai"], "--format openai: is for training data; for labels use one of"),
        (["--what", "training", "--format", "csv"], "--format csv: is not for training data; use one of openai"),
        (["--split", "test"], "--split test: not known; use one of train, validation"),
        (["--reasoning", "after"], "--reasoning after: the prompt 'v2' asks for none; use --prompt v3"),
    ],
)
def test_options_that_cannot_be_meant(small_project: Path, options: list[str], message: str) -> None:
    run(small_project, ["ingest"])
    done = CliRunner().invoke(app, [str(small_project), *options])
    assert isinstance(done.exception, ProjectError)
    assert str(done.exception).startswith(message)


@pytest.mark.slow
def test_a_run_and_its_project_find_each_other(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(small_project)
    places: tuple[list[str], ...] = (
        [str(small_project / "runs/latest")],
        ["-p", str(small_project)],
        [str(small_project)],
        [],
    )
    monkeypatch.chdir(small_project)
    shown = [CliRunner().invoke(app, place) for place in places]
    assert [done.exit_code for done in shown] == [0, 0, 0, 0]
    assert len({done.stdout for done in shown}) == 1
    moved = small_project.parent / "elsewhere" / "a" / "moved"
    moved.parent.mkdir(parents=True)
    shutil.copytree((small_project / "runs/latest").resolve(), moved)
    labels = CliRunner().invoke(app, [str(moved), "--what", "labels"])
    assert labels.exit_code == 0, labels.output
    assert len(labels.stdout.splitlines()) == 180
    lines = CliRunner().invoke(app, [str(moved)])
    assert str(lines.exception).endswith("lies in no project, whose topics the prompt needs; name it with '--project'")


@pytest.mark.slow
def test_nothing_is_overwritten_without_being_asked(small_project: Path) -> None:
    run(small_project)
    out = small_project / "labels.csv"
    first = CliRunner().invoke(app, [str(small_project), "-o", str(out)])
    assert (first.exit_code, first.stderr) == (0, f"{out}: 180 rows of labels\n")
    again = CliRunner().invoke(app, [str(small_project), "-o", str(out)])
    assert str(again.exception) == f"{out}: already exists; add '--force' to overwrite it, or name another file"
    forced = [str(small_project), "--what", "predictions", "--format", "huggingface", "--force", "-o", str(out)]
    assert CliRunner().invoke(app, forced).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "data"]
    assert CliRunner().invoke(app, forced).exit_code == 0
    assert [path.name for path in small_project.iterdir() if path.name.startswith(".export")] == []


def test_a_folder_with_other_things_in_it_is_left_alone(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    mine = small_project / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    given = [str(small_project), "--format", "argilla", "--force", "-o"]
    done = CliRunner().invoke(app, [*given, str(mine)])
    assert str(done.exception).startswith(f"{mine}: has other things in it, such as 'thesis.txt', and stays")
    (small_project / "link").symlink_to(mine)
    done = CliRunner().invoke(app, [*given, str(small_project / "link")])
    assert str(done.exception) == f"{small_project / 'link'}: is a link; name the place itself"
    assert (mine / "thesis.txt").read_text() == "years of work"
    csv = CliRunner().invoke(app, [str(small_project), "--format", "csv", "--force", "-o", str(mine)])
    assert "has other things in it" in str(csv.exception)


def test_a_folder_needs_a_name(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    done = CliRunner().invoke(app, [str(small_project), "--format", "argilla"])
    assert str(done.exception) == "--format argilla: is a folder; name it with '--out'"
