"""The demo as a stranger runs it: four candidates on the same rows, and a report."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith


@pytest.mark.slow
def test_the_demo_ends_with_a_report(tmp_path: Path) -> None:
    done = topicsmith("demo", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = Path(done.stdout.strip())
    assert report.is_file()
    board = json.loads((report.parent / "leaderboard.json").read_text())
    assert len(board) >= 4
    assert len({row["n"] for row in board}) == 1
    assert board[0]["accuracy"] > 0.6  # 16 domains; the most frequent one has 13 %
    assert (tmp_path / "here" / "LICENSE-traces.txt").is_file()
    assert "topicsmith classify here\n" in done.stderr
    answer = topicsmith("classify", "here", cwd=tmp_path, stdin="find me cheap flights to Lisbon\n")
    assert json.loads(answer.stdout)["topic"] == "Flights", answer.stderr


@pytest.mark.slow
def test_a_folder_that_is_not_the_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    done = topicsmith("demo", "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert "is not the demo" in done.stderr
