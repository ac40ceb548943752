"""``topicsmith estimate`` on a project folder: figures on standard output, warnings on standard error."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from topicsmith.cli.estimate import estimate
from topicsmith.errors import ProjectError

APP = typer.Typer()
APP.command()(estimate)
PROJECT = """\
name: p
traces: {path: data.csv, format: table, text: text}
taxonomy: {topics: [Science, Arts, {name: Other, catch_all: true}]}
labeling: {annotators: [google:gemini-2.5-pro, vllm:own], prompt: v2}
candidates: [{name: tfidf, kind: linear}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "topicsmith.yaml").write_text(PROJECT)
    rows = "".join(f"question number {n} about stars and planets\n" for n in range(40))
    (tmp_path / "data.csv").write_text("text\n" + rows)
    return tmp_path


def test_figures_warnings_and_a_lower_bound(folder: Path) -> None:
    result = CliRunner().invoke(APP, ["-p", str(folder), "--on", "2026-11-23"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["for", "by", "usd", "how"]
    assert lines[1].startswith("labelling  google:gemini-2.5-pro  0.0")
    assert "at $1.25 and $10 per million" in lines[1]
    assert "unknown" in lines[2]
    assert lines[-1].startswith("40 queries, tokens counted on 40; to be paid once: at least $0.0")
    assert "google:gemini-2.5-pro will be shut down on 2026-12-01, in 8 days" in result.stderr
    assert list(folder.iterdir()) != []
    assert not (folder / "runs").exists()


def test_json_has_the_same_figures(folder: Path) -> None:
    result = CliRunner().invoke(APP, ["-p", str(folder), "--on", "2026-11-23", "--json", "--sample", "7", "-q"])
    found = json.loads(result.stdout)
    assert (found["rows"], found["sampled"]) == (40, 7)
    assert found["unknown"] == ["labelling by vllm:own"]
    assert found["lines"][0]["usd"] == pytest.approx(found["once_usd"], abs=1e-6)
    assert result.stderr == ""


def test_a_day_that_is_none_is_refused(folder: Path) -> None:
    result = CliRunner().invoke(APP, ["-p", str(folder), "--on", "tomorrow"])
    assert isinstance(result.exception, ProjectError)
    assert str(result.exception) == "--on tomorrow: no day; write it as 2026-11-23"
