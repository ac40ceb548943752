"""Lines in, answers out."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.test_pipeline import run


@pytest.mark.slow
def test_text_json_and_conversations_are_classified_in_order(small_project: Path) -> None:
    run(small_project)
    lines = [
        "which guitar song is on that album",
        json.dumps({"text": "my loan from the bank"}),
        json.dumps(
            {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "flight to Lima"}]}
        ),
    ]
    done = topicsmith("classify", small_project / "runs/latest", stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["topic"] for answer in answers] == ["Music", "Money", "Travel"]
    assert all(0 < answer["confidence"] <= 1 and answer["status"] == "ok" for answer in answers)


@pytest.mark.slow
def test_every_line_gets_its_answer_and_bad_ones_are_counted(small_project: Path) -> None:
    run(small_project)
    lines = ["flight to Lima", "", '{"txt": "hello"}', '{"id": "x", "text": "my loan from the bank"}', '{"text": "']
    done = topicsmith("classify", small_project / "runs/latest", "--probabilities", stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["status"] for a in answers] == ["ok", "empty", "unreadable", "ok", "unreadable"]
    assert [a["topic"] for a in answers] == ["Travel", None, None, "Money", None]
    assert answers[3]["id"] == "x"
    assert sum(answers[3]["probabilities"].values()) == pytest.approx(1.0)
    assert done.stderr == (
        "classify: no answer is marked 'review': no confidence promises at most 2 % wrong answers; set '--threshold'\n"
        "classify: 5 rows: 2 ok, 2 unreadable, 1 empty; the first unreadable is line 3: has neither a text in 'text' "
        "nor messages with a user's question\n"
    )
    unsure = topicsmith(
        "classify", small_project / "runs/latest", "--threshold", "1", stdin="a flight with a guitar on loan"
    )
    assert json.loads(unsure.stdout)["status"] == "review"
    nothing = topicsmith("classify", small_project / "runs/latest", stdin='{"txt": "hello"}\n')
    assert (nothing.returncode, json.loads(nothing.stdout)["status"]) == (1, "unreadable")


@pytest.mark.slow
def test_a_killed_process_goes_on_twice_and_loses_and_doubles_nothing(small_project: Path, tmp_path: Path) -> None:
    run(small_project)
    kinds = ["flight to Lima", "", '{"txt": 1}', '{"id": "x", "text": "my loan from the bank"}', "a" * 100_000]
    many = tmp_path / "many.txt"
    many.write_text("".join(f"{kinds[0] if n % 50 else kinds[n // 50 % 5]}\n" for n in range(30_000)))
    out, unfinished = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.unfinished"
    command = ("classify", str(small_project / "runs/latest"), "-i", str(many), "-o", str(out))
    for kept in (200_000, 700_000):
        process = subprocess.Popen([sys.executable, "-m", "topicsmith", *command], stderr=subprocess.DEVNULL)
        while not unfinished.exists() or unfinished.stat().st_size < kept:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.wait()
        assert not out.exists()
    done = topicsmith(*command)
    assert done.returncode == 0, done.stderr
    assert "30,000 rows: 29,760 ok, 120 empty, 120 unreadable; " in done.stderr
    assert "of them were there already" in done.stderr
    statuses = [json.loads(line)["status"] for line in out.read_text().splitlines()]
    expected = {"": "empty", kinds[2]: "unreadable"}
    assert statuses == [expected.get(line, "ok") for line in many.read_text().splitlines()]
    assert not unfinished.exists()
    again = topicsmith(*command)
    assert (again.returncode, again.stderr) == (
        2,
        f"topicsmith: {out}: already exists; add '--force' to overwrite it, or name another file\n",
    )


@pytest.mark.slow
def test_what_cannot_be_meant_is_refused(small_project: Path, tmp_path: Path) -> None:
    run(small_project)
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"text": "flight to Lima"}\n')
    for options, says in (
        (["-o", lines, "--force"], f"{lines}: is also read from; name another file for the answers"),
        (["-o", tmp_path / "a.xlsx"], "a.xlsx: the suffix names no form of answers; end it in .jsonl, .csv, .parquet"),
        (["--json"], "--json needs '--out', since the answers themselves go to standard output"),
        (["--format", "word"], "unknown"),
    ):
        done = topicsmith("classify", small_project, "-i", lines, *options)
        assert (done.returncode, done.stdout.startswith("{") or not done.stdout) == (2, True), done.stderr
        assert says in done.stderr.splitlines()[-1]
    assert lines.read_text() == '{"text": "flight to Lima"}\n'


@pytest.mark.slow
def test_a_changed_taxonomy_is_told(small_project: Path) -> None:
    run(small_project)
    taxonomy = small_project / "topicsmith.yaml"
    taxonomy.write_text(taxonomy.read_text().replace("Money", "Finance"))
    done = topicsmith("classify", small_project, stdin="flight to Lima\n")
    assert json.loads(done.stdout)["topic"] == "Travel"
    assert "the taxonomy has topics that this classifier does not know: Finance\n" in done.stderr
    assert "answers with topics that the taxonomy no longer has: Money\n" in done.stderr
    assert "its run is not up to date (label: settings or inputs changed); 'topicsmith run' brings" in done.stderr


@pytest.mark.slow
def test_a_missing_model_is_named(tmp_path: Path) -> None:
    done = topicsmith("classify", tmp_path, stdin="x\n")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
