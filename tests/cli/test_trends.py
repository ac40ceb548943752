"""What ``topicsmith trends`` prints and writes."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import answers, trends_of
from topicsmith.cli.trends import _lines, _next


def test_lines_say_what_is_compared_which_alarms_and_what_next(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)])
    path = answers(tmp_path, length=30, changes=20, new=8)
    report = trends_of(run, path).report
    lines = _lines(report)
    assert lines[:2] == [
        f"{30 * 45:,} rows of {path} by day, 2026-03-01 to 2026-03-30 (UTC)",
        "compared with 90 rows: the run's held-out rows, as tfidf answers them",
    ]
    assert lines[4].split() == ["topic", "share", "and", "95", "%", "interval", "2026-03-01", "2026-03-30"]
    assert (
        f"{len(report.alarms)} alarms in 30 tested days; by chance at most one in 90 days".replace(
            "1 alarms", "1 alarm"
        )
        in lines
    )
    assert any(line.startswith(f"  {report.alarms[0].raised}  rows far from anything known: ") for line in lines)
    assert _next(report, Path("my-topics"), Path("rows.parquet"))[1] == (
        "what is in the rows behind the alarms: topicsmith discover my-topics --rows rows.parquet"
    )


def test_a_calm_file_suggests_nothing_and_says_what_was_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)])
    path = answers(tmp_path, length=12)
    path.write_text(
        path.read_text() + path.read_text().splitlines()[5] + '\n{"id": "x", "topic": "Money", "text": "q 1"}\n'
    )
    report = trends_of(run, path).report
    lines = _lines(report)
    assert "0 alarms in 12 tested days; by chance at most one in 90 days" in lines
    assert "note: rows without a time, which are in no day: 1" in lines
    assert "note: rows that stand in the file again, which are left out: 1" in lines
    assert _next(report, tmp_path, tmp_path) == []


@pytest.mark.slow
def test_the_command_writes_its_page_and_prints_json(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)])
    (run.path / "manifest.json").write_text("{}")
    rows = [json.loads(line) for line in answers(tmp_path, length=12).read_text().splitlines()]
    path = tmp_path / "without.jsonl"
    path.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "text"}) + "\n" for row in rows))
    done = topicsmith("trends", run.path, path, "--candidate", "tfidf", "--by", "week", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["command"], found["trends"]["by"], len(found["trends"]["periods"])) == ("trends", "week", 3)
    assert [each["untested"] for each in found["trends"]["periods"]] == [
        "the data begin or end within it", "", "the data begin or end within it",
    ]  # fmt: skip
    assert Path(found["page"]).read_text().startswith("<!DOCTYPE html>")
    assert Path(found["alarm_rows"]).exists()
    wrong = topicsmith("trends", run.path, path, "--candidate", "tfidf", "--by", "year")
    assert wrong.returncode == 2
    assert "day" in wrong.stderr
