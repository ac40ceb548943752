"""Tables with a message a row, and transcripts of agents."""

from pathlib import Path

import polars as pl
import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import TraceError
from topicsmith.traces.formats.turns import FORMAT

ROWS: list[dict[str, object]] = [
    {"session_id": "a", "role": "user", "content": "First of a", "ts": 1},
    {"session_id": "b", "role": "user", "content": "First of b", "ts": 2},
    {"session_id": "a", "role": "assistant", "content": "Answer", "ts": 3},
    {"session_id": "a", "role": "user", "content": "Second of a", "ts": 4},
]


def test_one_question_a_conversation_in_every_kind_of_file(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "rows.jsonl", ROWS[::-1])
    pl.DataFrame(ROWS).write_csv(tmp_path / "rows.csv")
    pl.DataFrame(ROWS).write_parquet(tmp_path / "rows.parquet")
    for name in ("rows.jsonl", "rows.csv", "rows.parquet"):
        assert sorted(run(name).texts) == ["First of a", "First of b"]


def test_rows_without_a_conversation_are_refused_with_the_cure(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "rows.jsonl", [{"role": "user", "text": "x"}, {"role": "assistant", "text": "y"}])
    with pytest.raises(TraceError, match="no column says which conversation it belongs to: name it 'conversation_id'"):
        run("rows.jsonl")


def test_transcripts_of_coding_agents(tmp_path: Path, run: Ingest) -> None:
    claude = [
        {"type": "file-history-snapshot", "messageId": "x"},
        {"type": "user", "sessionId": "s", "isMeta": True, "message": {"role": "user", "content": "set up"}},
        {"type": "user", "sessionId": "s", "isSidechain": True, "message": {"role": "user", "content": "sub-task"}},
        {"type": "user", "sessionId": "s", "message": {"role": "user", "content": [{"type": "text", "text": "Why?"}]}},
    ]
    write_lines(tmp_path / "claude.jsonl", claude)
    assert run("claude.jsonl").texts == ["Why?"]
    codex = [
        {"type": "session_meta", "payload": {"id": "s"}},
        {"type": "response_item", "payload": {"type": "message", "role": "user",
                                              "content": [{"type": "input_text", "text": "Why not?"}]}},
    ]  # fmt: skip
    write_lines(tmp_path / "codex.jsonl", codex)
    assert run("codex.jsonl").texts == ["Why not?"]


def test_it_is_recognised() -> None:
    assert FORMAT.recognise(ROWS[0]) == "has a message of a conversation in each row ('user' speaks)"
    assert FORMAT.recognise({"text": "x", "topic": "y"}) is None
