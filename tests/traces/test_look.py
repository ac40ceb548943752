"""A look at logs before trusting them."""

import json
from pathlib import Path

import pytest

from tests.traces.helpers import write_lines
from topicsmith.errors import TraceError
from topicsmith.traces import look as module
from topicsmith.traces.look import SeenFile, SeenQuestion, look


def chat(text: str) -> dict[str, object]:
    return {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": text}]}


def test_everything_that_is_found_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [chat("Why?"), b"{torn", chat("<user_query>\nHow?\n</user_query>"), chat(""), chat("Where?")]
    write_lines(tmp_path / "log.jsonl", rows)
    found = look(Path("log.jsonl"))
    assert found.files == (SeenFile("log.jsonl", "openai", "has a list 'messages' with roles", 5, whole=True),)
    assert found.questions == (
        SeenQuestion("Why?", "log.jsonl:1", None),
        SeenQuestion("How?", "log.jsonl:3", "user_query"),
        SeenQuestion("Where?", "log.jsonl:5", None),
    )
    assert (found.conversations, found.roles, found.unwrapped) == (4, {"system": 4, "user": 4}, {"user_query": 1})
    assert {(lost.reason, lost.count, lost.where) for lost in found.lost} == {
        ("not JSON", 1, "log.jsonl:2"),
        ("user messages without text", 1, "log.jsonl:4"),
    }
    assert (found.settings, found.several_shapes, found.unseen_files) == ({"path": "log.jsonl"}, False, 0)


def test_a_table_is_looked_at_as_a_project_would_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [f"{n},how do I pay {n},{'money' if n % 2 else 'other'}" for n in range(20)]
    (tmp_path / "rows.csv").write_text("nr;question;topic\n".replace(";", ",") + "\n".join(texts))
    found = look(Path("rows.csv"))
    assert found.settings == {"path": "rows.csv", "format": "table", "text": "question", "topic": "topic"}
    assert found.conversations == 20


def test_only_a_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 3)
    monkeypatch.setattr(module, "FILES", 2)
    for name in "abc":
        write_lines(tmp_path / f"{name}.jsonl", [chat(f"{name}{n}") for n in range(9)])
    found = look(tmp_path)
    assert [(file.rows, file.whole) for file in found.files] == [(3, False), (3, False)]
    assert (found.conversations, found.unseen_files) == (6, 1)


def test_files_that_cannot_be_read_are_told_and_alone_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"name": "left-pad"}')
    with pytest.raises(TraceError, match="not a format that is known"):
        look(tmp_path / "odd.json")
    write_lines(tmp_path / "log.jsonl", [chat("Why?")])
    (tmp_path / "export.zip").write_bytes(b"PK")
    found = look(tmp_path)
    assert [question.text for question in found.questions] == ["Why?"]
    assert {lost.reason for lost in found.lost} == {"not a format that is known", "is an archive"}
    assert all(lost.detail for lost in found.lost)


def test_who_speaks_is_told_where_nobody_asks(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "narrator", "content": "x"}, {"role": "assistant", "content": "y"}]}, chat("Why?")]
    (tmp_path / "log.json").write_text(json.dumps(rows))
    (lost,) = look(tmp_path / "log.json").lost
    assert (lost.reason, lost.detail) == ("no user message", "roles seen: assistant, narrator")


def test_questions_of_a_conversation_are_joined_where_a_column_names_it(tmp_path: Path) -> None:
    lines = ["conversation_id,query,answer,created_at", "c1,And the bill?,x,2", "c1,Where is it?,Soon,1", "c2,Why?,x,3"]
    (tmp_path / "log.csv").write_text("\n".join(lines))
    found = look(tmp_path / "log.csv")
    assert sorted(question.text for question in found.questions) == ["Where is it?", "Why?"]
    fields = {"content": "query", "conversation": "conversation_id", "time": "created_at"}
    assert found.settings == {"path": str(tmp_path / "log.csv"), "format": "fields", "fields": fields}
