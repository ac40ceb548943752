"""Logs whose fields the project names."""

import json
from pathlib import Path

import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import ProjectError, TraceError

CHAT = {"meta": {"no": 7, "at": "2026-01-01T00:00:00Z"}, "label": " shipping ", "payload": {"talk": [
    {"who": {"kind": "system"}, "what": ["Help."]},
    {"who": {"kind": "customer"}, "what": [{"type": "text", "text": "How long?"}]},
]}}  # fmt: skip
PATHS = {
    "messages": "payload.talk",
    "role": "who.kind",
    "content": "what",
    "id": "meta.no",
    "time": "meta.at",
    "topic": "label",
}


def test_paths_lead_to_everything(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [CHAT, {"meta": {"no": 8}, "payload": None}])
    result = run("log.jsonl", format="fields", fields=PATHS)
    (query,) = result.queries
    assert (query.text, query.trace_id, query.topic, query.time) == (
        "How long?",
        "7",
        "shipping",
        "2026-01-01T00:00:00Z",
    )
    assert result.dropped[0]["reason"] == "no user message"
    assert result.dropped[0]["detail"] == "'traces.fields.messages' leads to nothing; the row has meta, payload"


def test_a_row_may_be_a_message_or_a_text(tmp_path: Path, run: Ingest) -> None:
    said = [("a", "user", "First"), ("a", "user", "Later"), ("b", "bot", "Hello"), ("b", "user", "Other")]
    rows = [{"c": {"id": name}, "by": who, "said": text} for name, who, text in said]
    write_lines(tmp_path / "log.jsonl", rows)
    fields = {"role": "by", "content": "said", "conversation": "c.id"}
    assert run("log.jsonl", format="fields", fields=fields).texts == ["First", "Other"]
    assert run("log.jsonl", format="fields", fields={"content": "said"}).texts == ["First", "Later", "Hello", "Other"]


def test_requests_of_a_conversation_are_joined(tmp_path: Path, run: Ingest) -> None:
    rows = [
        {"s": "x", "t": t, "m": json.dumps([{"role": "user", "content": text}])} for t, text in [(9, "b"), (5, "a")]
    ]
    write_lines(tmp_path / "log.jsonl", rows)
    assert run("log.jsonl", format="fields", fields={"messages": "m", "conversation": "s", "time": "t"}).texts == ["a"]


def test_expressions_of_the_library_are_taken(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [{"turns": [{"n": 1, "t": "x"}, {"n": 2, "t": "Why?"}]}, {"turns": [1]}])
    found = run("log.jsonl", format="fields", fields={"content": "turns[?n==`2`].t | [0]"})
    assert found.texts == ["Why?"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "fields"}, "'format: fields' and 'fields', the paths of what is needed, belong together"),
        ({"fields": {"content": "x"}}, "belong together"),
        ({"format": "fields", "fields": {"id": "x"}}, "give 'messages', the path to a list of them, or 'content'"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, object], message: str, run: Ingest, tmp_path: Path) -> None:
    write_lines(tmp_path / "log.jsonl", [CHAT])
    with pytest.raises(ValueError, match=message):
        run("log.jsonl", **settings)


def test_a_broken_expression_is_named(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [CHAT])
    with pytest.raises(ProjectError, match=r"traces\.fields\.messages: 'a\.\[' is no JMESPath"):
        run("log.jsonl", format="fields", fields={"messages": "a.["})
    with pytest.raises(
        TraceError, match=r"'traces\.fields\.content' leads to nothing; the row has meta, label, payload"
    ):
        run("log.jsonl", format="fields", fields={"content": "gone"})
