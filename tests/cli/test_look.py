"""``topicsmith look``."""

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.test_main import topicsmith

ROWS = [
    {"session_id": "a", "role": "user", "content": "Where is my parcel?\x1b[31m"},
    {"session_id": "a", "role": "assistant", "content": "On its way"},
    {"session_id": "b", "role": "user", "content": "<task>\nCancel my order\n</task>"},
    {"session_id": "c", "role": "assistant", "content": "Hello?"},
]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.mark.slow
def test_a_person_reads_what_it_is_and_what_to_write(logs: Path) -> None:
    done = topicsmith("look", str(logs))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith(
        "log.jsonl: turns, as it has a message of a conversation in each row ('user' speaks) (4 rows)"
    )
    assert "3 conversations; messages by who speaks: user 2, assistant 2" in lines
    assert "  Where is my parcel?[31m" in lines
    assert "log.jsonl:3, inside a template: task" in done.stdout
    assert "  1 no user message; the first is" in done.stdout
    assert "Templates that would be taken off: task (1); 'unwrap: none' keeps them" in lines
    block = yaml.safe_load(done.stdout.partition("For the project file\n")[2])
    assert block == {"traces": {"path": str(logs)}}


@pytest.mark.slow
def test_a_program_reads_the_same(logs: Path) -> None:
    document = json.loads(topicsmith("look", str(logs), "--json").stdout)
    assert document["command"] == "look"
    assert [question["template"] for question in document["found"]["questions"]] == [None, "task"]
    assert document["found"]["files"][0]["format"] == "turns"


@pytest.mark.slow
def test_no_logs_are_told(tmp_path: Path) -> None:
    done = topicsmith("look", str(tmp_path))
    assert done.returncode == 2
    assert "no such file and no match" in done.stderr
