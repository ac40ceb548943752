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
def test_a_line_without_a_text_is_named(small_project: Path) -> None:
    run(small_project)
    done = topicsmith("classify", small_project / "runs/latest", stdin='{"txt": "hello"}\n')
    assert done.returncode == 2
    assert done.stderr == "topicsmith: line 1: has neither a text in 'text' nor messages with a user's question\n"


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    done = topicsmith("classify", tmp_path, stdin="x\n")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
