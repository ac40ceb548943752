"""Every command's ``--json`` against the committed shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.test_main import topicsmith
from tests.json_schemas import FOLDER, document_types, render
from tests.test_pipeline import run
from topicsmith.cli.commands import SHORT_HELP


def document(kind: str, *command: object, code: int = 0) -> dict[str, Any]:
    """What ``command --json`` prints, which has the shape ``kind``."""
    done = topicsmith(*command, "--json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(json.loads((FOLDER / f"{kind}.json").read_text())).validate(found)
    assert (found["format"], found["command"], found["exit_code"]) == (1, command[0], code)
    return found


def test_the_shapes_are_those_committed() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(document_types())
    for name, kind in document_types().items():
        assert (FOLDER / f"{name}.json").read_text() == render(kind), "run 'make docs'"


def test_a_document_of_another_shape_is_refused() -> None:
    validator = Draft202012Validator(json.loads((FOLDER / "classify.json").read_text()))
    assert not validator.is_valid({"command": "classify", "exit_code": 0, "format": 1, "rows": "three"})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SHORT_HELP if name != "serve"])  # its events are JSON lines
def test_every_command_offers_json(name: str) -> None:
    assert " --json " in topicsmith(name, "--help").stdout


@pytest.mark.slow
def test_commands_without_a_run(tmp_path: Path) -> None:
    made = document("init", "init", tmp_path / "mine")
    assert made["project"] == str(tmp_path / "mine" / "topicsmith.yaml")
    again = document("error", "init", tmp_path / "mine", code=2)
    assert again["error"].endswith("topicsmith.yaml: already exists and was not changed; choose another folder")
    read = document("published", "published")
    assert read["reading"]["rows"][0]["n"] > 0


@pytest.mark.slow
def test_a_plan_and_an_estimate_change_nothing(small_project: Path) -> None:
    plan = document("plan", "run", "-q", "-p", small_project, "--dry-run")
    assert {stage["why"] for stage in plan["stages"]} == {"not run yet"}
    assert {stage["usd"] for stage in plan["stages"]} == {0.0}
    found = document("estimate", "estimate", "-q", small_project)
    assert (found["rows"], found["once_usd"]) == (180, 0.0)
    assert not (small_project / "runs").exists()


@pytest.mark.slow
def test_commands_on_a_run(small_project: Path, tmp_path: Path) -> None:
    run(small_project)
    latest = small_project / "runs/latest"
    whole = document("run", "run", "-q", "-p", small_project)
    assert [(stage["name"], stage["skipped"]) for stage in whole["stages"]][-1] == ("report", True)
    assert whole["choice"]["candidate"] == "tfidf"
    assert whole["candidates"][0]["accuracy"]["low"] < whole["candidates"][0]["accuracy"]["value"]
    assert Path(whole["report"]).is_file()
    alone = document("run", "agree", "-q", "-p", small_project)
    assert alone["stages"][0]["counts"] == {"agreed": 153, "disagreed": 27}
    assert (alone["choice"], alone["candidates"], alone["report"]) == (None, [], None)

    sheet = tmp_path / "asked.jsonl"
    drawn = document("sheet", "audit", latest, "--size", "30", "--out", sheet)
    assert drawn["rows"] == 30
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    sheet.write_text("".join(json.dumps({**row, "topic": "music"}) + "\n" for row in rows))
    assert document("audit", "audit", latest, "--answers", sheet)["answered"] == 30

    (tmp_path / "in.txt").write_text('flight to Lima\n\n{"txt": 1}\n')
    said = document("classify", "classify", latest, "-i", tmp_path / "in.txt", "-o", tmp_path / "out.csv")
    assert said["statuses"] == {"ok": 1, "empty": 1, "unreadable": 1}
    assert said["first_unreadable"].startswith(f"{tmp_path / 'in.txt'}:3: has neither")
    same = document("compare", "compare", latest, small_project)
    assert same["comparison"]["settings"] == []
    exported = document("export", "export", latest, "--what", "labels", "-o", tmp_path / "labels.parquet")
    assert (exported["rows"], exported["form"]) == (180, "parquet")
    measured = document("bench", "bench", "-q", latest, "--concurrency", "1", "--seconds", "0.1", "--at-most", "0.2")
    assert [loop["loop"] for loop in measured["results"]] == ["closed", "open"]
