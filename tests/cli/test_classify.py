"""Lines in, answers out."""

import json
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
def test_a_missing_model_is_named(tmp_path: Path) -> None:
    done = topicsmith("classify", tmp_path, stdin="x\n")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
