"""The whole path through the run folder: one denominator, freshness, and processes that are really killed."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from topicsmith.errors import ProjectError
from topicsmith.pipeline import STAGES, plan_stages, run_path, run_stages, stage_names
from topicsmith.progress import SilentProgress
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder, open_run

TABLES = ["queries.parquet", "dropped.parquet", "annotations.parquet", "agreement.json", "labels.parquet"]
TABLES += ["label_quality.json", "splits.parquet", "statistics.json"]


def run(folder: Path, names: list[str] | None = None) -> dict[str, bool]:
    """Run stages in this process; which were skipped."""
    project = read_project(folder)
    with open_run(run_path(project)) as opened:
        reports = run_stages(project, opened, SilentProgress(), names or stage_names())
    return {report.name: report.skipped for report in reports}


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / "runs/small" / name).read_bytes()).hexdigest() for name in TABLES}


@pytest.mark.slow
def test_every_row_is_in_every_table_once(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs" / "latest"
    assert pl.read_parquet(latest / "queries.parquet").height == 180
    assert pl.read_parquet(latest / "annotations.parquet").height == 360
    labels = pl.read_parquet(latest / "labels.parquet")
    # First is wrong where 11 divides the index (17 rows), second where 13 does (14 rows), both in two of them (0, 143).
    assert dict(labels["origin"].value_counts().iter_rows()) == {"agreed": 180 - 17 - 14 + 2 * 2, "disagreed": 27}
    splits = pl.read_parquet(latest / "splits.parquet")
    assert splits.height == 180
    assert splits["query_id"].n_unique() == 180
    board = json.loads((latest / "leaderboard.json").read_text())
    test_rows = splits.filter(pl.col("split") == "test").height
    assert [row["n"] for row in board] == [test_rows, test_rows]
    assert board[0]["candidate"] == "tfidf"
    assert board[0]["accuracy"] > board[1]["accuracy"]
    assert (latest / "report.html").read_text().lower().startswith("<!doctype html>")


@pytest.mark.slow
def test_a_second_run_does_nothing_and_a_changed_setting_only_what_follows_from_it(small_project: Path) -> None:
    run(small_project)
    assert all(run(small_project).values())
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("test: 0.3", "test: 0.25"))
    skipped = run(small_project)
    assert [name for name, was in skipped.items() if was] == ["ingest", "label", "agree"]
    (small_project / "topicsmith.yaml").write_text(text.replace("  - {name: floor, kind: majority}\n", ""))
    skipped = run(small_project)
    assert not skipped["evaluate"]


@pytest.mark.slow
def test_a_plan_says_what_would_run_and_why(small_project: Path) -> None:
    assert set(plan(small_project).values()) == {"not run yet"}
    run(small_project)
    assert set(plan(small_project).values()) == {None}
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("test: 0.3", "test: 0.25"))
    (small_project / "runs/small/report.html").unlink()
    assert plan(small_project) == {
        "ingest": None,
        "label": None,
        "agree": None,
        "split": "settings or inputs changed",
        "balance": "after split",
        "train": "after split and balance",
        "evaluate": "after split and balance and train",
        "report": "report.html was changed or removed",
    }
    assert run(small_project, ["ingest", "label"]) == {"ingest": True, "label": True}


def plan(folder: Path) -> dict[str, str | None]:
    project = read_project(folder)
    return {each.name: each.why for each in plan_stages(project, RunFolder(run_path(project)), stage_names())}


def test_a_changed_input_file_is_noticed(small_project: Path) -> None:
    run(small_project, ["ingest"])
    with (small_project / "rows.jsonl").open("a") as file:
        file.write('{"id": "new", "text": "a question that came later", "topic": "Music"}\n')
    assert run(small_project, ["ingest"]) == {"ingest": False}


def test_a_stage_without_its_inputs_says_what_to_run(small_project: Path) -> None:
    with pytest.raises(ProjectError, match="'agree' needs 'ingest' first; run 'topicsmith run --until agree'"):
        run(small_project, ["agree"])


KILLER = """
import dataclasses, os, signal, sys
from topicsmith import pipeline
stage, when, folder = sys.argv[1:]

def deadly(original):
    def work(context):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = original(context)
        os.kill(os.getpid(), signal.SIGKILL)
        return outcome
    return work

pipeline.STAGES = tuple(
    dataclasses.replace(s, run=deadly(s.run)) if s.name == stage else s for s in pipeline.STAGES
)
sys.argv = ["topicsmith", "run", "-q", "-p", folder]
from topicsmith.cli.main import run
run()
"""


@pytest.mark.slow
def test_fault_31_killed_in_each_stage_and_run_again_gives_the_same_tables(small_project: Path, tmp_path: Path) -> None:
    run(small_project)
    undisturbed = hashes(small_project)
    other = tmp_path / "killed"
    other.mkdir()
    for name in ("rows.jsonl", "topicsmith.yaml"):
        (other / name).write_bytes((small_project / name).read_bytes())
    for stage, when in zip((s.name for s in STAGES), ["before", "after"] * 4, strict=True):
        killed = subprocess.run(
            [sys.executable, "-c", KILLER, stage, when, str(other)], check=False, capture_output=True
        )
        assert killed.returncode == -9, killed.stderr.decode()
    skipped = run(other)
    assert not skipped["report"]
    assert hashes(other) == undisturbed
    assert not [
        p for p in (other / "runs/small").rglob(".*") if p.name != ".lock" and p.suffix not in {".parquet", ".json"}
    ]
