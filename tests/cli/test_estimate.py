"""``topicsmith estimate`` on a project folder: figures on standard output, warnings on standard error."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from topicsmith.cli.estimate import estimate
from topicsmith.errors import ProjectError

EXPERIMENT = Path(__file__).parents[2] / "examples" / "experiment"
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
    assert lines[1].split()[:2] == ["labelling", "google:gemini-2.5-pro"]
    assert lines[1].split()[2].startswith("0.0")
    assert "at $1.25 and $10 per million" in lines[1]
    assert "google:gemini-2.5-pro ends on 2026-12-01" in lines[2]
    assert "unknown" in lines[3]
    # 15 % of 40 queries for the test, 77.8 % of these agreed, near-copies counted once
    assert lines[-1].startswith(
        "With 4 unrelated test rows two candidates 2, 3 and 5 points apart are told apart in 0,"
    )
    assert lines[-2].startswith("40 queries, tokens counted on 40; to be paid once: at least $0.0")
    assert "google:gemini-2.5-pro will be shut down on 2026-12-01, in 8 days" in result.stderr
    assert list(folder.iterdir()) != []
    assert not (folder / "runs").exists()


def test_json_has_the_same_figures(folder: Path) -> None:
    result = CliRunner().invoke(APP, ["-p", str(folder), "--on", "2026-11-23", "--json", "--sample", "7", "-q"])
    found = json.loads(result.stdout)
    assert (found["rows"], found["sampled"]) == (40, 7)
    assert found["unknown"] == ["labelling by vllm:own"]
    assert [each["difference"] for each in found["power"]] == [0.02, 0.03, 0.05]
    assert found["lines"][0]["usd"] == pytest.approx(found["once_usd"], abs=1e-6)
    assert result.stderr == ""


def test_the_experiments_own_bills_come_out_of_its_counts() -> None:
    """Source of the sums: Orq.ai, "Can a 4B Model Match a 14B Model?", 5 December 2025."""
    result = CliRunner().invoke(APP, [str(EXPERIMENT), "--on", "2026-11-23", "--json", "-q"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    bills = {bill["name"]: bill for bill in found["bills"]}
    paid = {"gemini-2.5-pro": 4.53, "claude-sonnet-4.5": 21.63, "all of them": 26.16, "qwen3-14b": 19.25,
            "qwen3-14b, as paid": 19.81, "gpt-4.1-nano": 48.0, "gpt-4.1-nano, per 1,000": 0.135}  # fmt: skip
    assert {name: bills[name]["said_usd"] for name in paid} == paid
    for name, usd in paid.items():
        assert bills[name]["usd"] == pytest.approx(usd, rel=0.02)
        assert bills[name]["agrees"]
    assert bills["qwen3-14b"]["usd"] == 19.25
    # as the experiment writes it, its counts come to a tenth of its sum
    written = bills["qwen3-14b, as written"]
    assert (written["usd"], written["said_usd"], written["agrees"]) == (1.925, 19.25, False)
    assert written["inferred"] == []
    assert found["rows"] == 8000


def test_the_arithmetic_of_a_bill_is_spelled_out() -> None:
    result = CliRunner().invoke(APP, [str(EXPERIMENT), "--on", "2026-11-23", "-q"])
    training = [line for line in result.stdout.splitlines() if line.startswith("training   qwen3-14b")]
    assert "350,000 tokens x 10 epochs = 3,500,000 billable x $0.55 per million; inconsistent" in training[-3]
    assert "8,000 rows x 437.5* tokens = 3,500,000 tokens x 10 epochs = 35,000,000 billable" in training[-2]
    assert training[-3].split("$")[2].split()[:2] == ["1.925", "-90.0"]


def test_models_trained_here_are_priced_at_a_service_too_the_same_at_every_size() -> None:
    result = CliRunner().invoke(APP, [str(EXPERIMENT), "--on", "2026-11-23", "--json", "-q"])
    found = json.loads(result.stdout)
    local = {
        line["name"]: line
        for line in found["lines"]
        if line["name"].startswith("qwen3-") and "-prompt-" in line["name"]
    }
    assert len(local) == 12
    assert {line["unit"] for line in local.values()} == {"instead"}
    for prompt in ("v1", "v2", "v3"):
        # the experiment's price per token is the same from 0.6B to 14B
        assert len({line["usd"] for name, line in local.items() if name.endswith(prompt)}) == 1
    dollars = [local[f"qwen3-4b-prompt-{prompt}"]["usd"] for prompt in ("v1", "v2", "v3")]
    assert dollars == sorted(dollars)
    once = sum(line["usd"] for line in found["lines"] if line["unit"] == "once" and line["usd"] is not None)
    assert found["once_usd"] == pytest.approx(once)


def test_a_day_that_is_none_is_refused(folder: Path) -> None:
    result = CliRunner().invoke(APP, ["-p", str(folder), "--on", "tomorrow"])
    assert isinstance(result.exception, ProjectError)
    assert str(result.exception) == "--on tomorrow: not a date; write it as 2026-11-23"
