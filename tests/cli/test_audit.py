"""``topicsmith audit`` from the command line."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.test_pipeline import run


@pytest.mark.slow
def test_a_sheet_goes_out_and_answers_come_in(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    latest, sheet = small_project / "runs/latest", small_project / "asked.jsonl"
    drawn = topicsmith("audit", latest, "--size", "30", "--out", sheet)
    assert (drawn.returncode, drawn.stdout) == (0, "")
    assert drawn.stderr.startswith(f"30 rows in {sheet}, 0 of them test rows: fill in the column 'topic'")
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    sheet.write_text("".join(json.dumps({**row, "topic": "music"}) + "\n" for row in rows))
    read = topicsmith("audit", latest, "--answers", sheet, "--json")
    assert read.returncode == 0, read.stderr
    report = json.loads(read.stdout)
    assert (report["answered"], report["undecided"], report["refused"], report["notes"]) == (30, 0, [], [])
    assert {"labels", "table:first", "table:second"} <= report["accuracy"].keys()
    talk = topicsmith("audit", latest, "--answers", sheet)
    assert talk.stdout.startswith("30 of 30 rows answered")
    assert talk.stderr.startswith("the answers are saved; the next 'topicsmith run' takes them as labels")

    sheet.write_text("".join(json.dumps({**row, "topic": "music"}) + "\n" for row in rows[:8]))
    with sheet.open("a") as file:
        file.writelines(json.dumps({**row, "topic": "musik\x1b"}) + "\n" for row in rows[8:])
    some = topicsmith("audit", latest, "--answers", sheet)
    lines = some.stderr.splitlines()
    assert (some.returncode, len(lines), "\x1b" in some.stderr) == (0, 23, False)
    assert lines[0].startswith(f"{sheet}:9: 'musik' is no topic; write one of ")
    assert lines[20] == "... and 2 more; '--json' lists them all"
    assert lines[21].startswith("answers taken: 8, rows not taken: 22; mend those")
    listed = json.loads(topicsmith("audit", latest, "--answers", sheet, "--json").stdout)
    assert len(listed["refused"]) == 22


@pytest.mark.slow
def test_what_a_sheet_will_tell_is_said_before_anybody_starts(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs/latest"
    drawn = topicsmith("audit", latest, "--size", "30", "--out", small_project / "a.csv")
    lines = drawn.stderr.splitlines()
    assert lines[0].startswith(f"30 rows in {small_project / 'a.csv'}, 30 of them test rows: fill in")
    assert re.fullmatch(
        r"expected: 30 test rows tell the accuracy of tfidf to about ±\d+\.\d points for rows like these, ±\d+\.\d for "
        r"these \d+ test rows; each '\?' widens it",
        lines[2],
    )
    again = topicsmith("audit", latest, "--size", "60", "--from", "all", "--out", small_project / "b.csv", "--json")
    found = json.loads(again.stdout)
    assert (found["rows"], found["source"], found["candidate"], found["answered_before"]) == (60, "all", "tfidf", 0)
    assert 0 < found["test_rows"] < 60
    assert 0 < found["expected_half_width_these"] < found["expected_half_width"] < 0.5
    assert sum(stratum["taken"] for stratum in found["strata"]) == 60
    wrong = topicsmith("audit", latest, "--from", "some")
    assert wrong.returncode == 2


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    done = topicsmith("audit", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not a run folder" in done.stderr
