"""What ``topicsmith shares`` prints."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.shares.runs import write_run
from tests.shares.test_report import GIVEN, classified
from tests.test_pipeline import run
from topicsmith.cli.shares import _lines
from topicsmith.shares.report import shares_report


def test_a_table_says_what_it_rests_on_and_what_has_shifted(tmp_path: Path) -> None:
    path = classified(tmp_path)
    lines = _lines(shares_report(write_run(tmp_path / "run", GIVEN), tmp_path, path, by="month"))
    assert lines[0] == f"200 rows of {path}, answered by tfidf"
    assert lines[1] == "about the truth: corrected by how 90 test rows are answered whose topics the input gives"
    assert lines[3] == "topic       counted  share and 95 % interval"
    assert {line.split()[0] for line in lines[4:7]} == {"Music", "Travel", "Money"}
    assert lines[8].split() == ["topic", "2026-01", "2026-02"]
    assert lines[9].split() == ["100", "rows", "100", "rows"]
    assert lines[-4].startswith("shift: the true topics of validation and test do not differ significantly (p = ")
    assert lines[-2].startswith("shift: the answers of 2026-01 and 2026-02 do not differ significantly")
    assert lines[-1].startswith("note: near-copies are not known")


def test_counted_topics_need_no_second_column(tmp_path: Path) -> None:
    lines = _lines(shares_report(write_run(tmp_path / "run", GIVEN), tmp_path))
    assert lines[:5] == [
        "300 rows of the run's own queries",
        "counted: the input gives the topic of every row",
        "",
        "topic      share and 95 % interval",
        "Music      33.3 % [28.2, 38.9]",
    ]


def test_what_is_not_corrected_says_why_once_and_stands_in_brackets(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", unlabelled=[n for n in range(300) if n % 3 == 2])
    lines = _lines(shares_report(folder, tmp_path, classified(tmp_path), by="month"))
    assert "Money        33.0 %  not corrected: fewer than 5 judged rows" in lines
    assert any(line.split()[:1] == ["Money"] and line.count("(") == 2 for line in lines)
    assert lines[-1] == "note: in brackets: as counted, not corrected"


@pytest.mark.slow
def test_the_path_from_classify_to_shares_by_period(small_project: Path) -> None:
    run(small_project)
    rows = [json.loads(line) for line in (small_project / "rows.jsonl").read_text().splitlines()]
    new = "".join(json.dumps({**row, "created_at": f"2026-0{1 + n // 90}-15"}) + "\n" for n, row in enumerate(rows))
    out = small_project / "answers.csv"
    done = topicsmith("classify", small_project, "--keep", "time", "--keep", "first", "--text", "-o", out, stdin=new)
    assert done.returncode == 0, done.stderr
    shown = topicsmith("shares", small_project, out, "--by", "month", "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)["shares"]
    assert (found["judged_by"], found["overall"]["method"], found["overall"]["rows"]) == ("given topics", "em", 180)
    assert [table["name"] for table in found["groups"]] == ["2026-01", "2026-02"]
    assert sum(each["share"]["value"] for each in found["overall"]["shares"]) == pytest.approx(1)
    by_column = topicsmith("shares", small_project, out, "--by", "first")
    assert "topic" in by_column.stdout
    refused = topicsmith("shares", small_project, out, "--by", "plan")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--by plan: no row has it" in refused.stderr
    taken = topicsmith("classify", small_project, "--keep", "topic", stdin=new)
    assert taken.returncode == 2
    assert "--keep topic: answers have a column of this name" in taken.stderr
