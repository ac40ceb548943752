"""``topicsmith audit`` from the command line."""

import json
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
    assert drawn.stderr.startswith(f"30 rows in {sheet}: fill in the column 'topic'")
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


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    done = topicsmith("audit", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not a run folder" in done.stderr
