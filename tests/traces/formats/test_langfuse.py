"""Langfuse exports with the columns of its batch export, and answers of its public API."""

from pathlib import Path

import orjson
import polars as pl

from tests.traces.helpers import Ingest, read_traces, write_lines
from topicsmith.traces.formats.langfuse import FORMAT


def trace_row(name: str, input_: object, **more: object) -> dict[str, object]:
    return {
        "id": name, "timestamp": "2026-05-01T10:00:00.000Z", "name": "support", "userId": "u", "sessionId": None,
        "release": None, "version": None, "environment": "production", "tags": ["a"], "bookmarked": False,
        "public": False, "input": input_, "output": {"role": "assistant", "content": "In three days."},
        "metadata": {"route": "refund"}, "scores": [], "comments": [], **more,
    }  # fmt: skip


def observation(name: str, trace: str, input_: object, **more: object) -> dict[str, object]:
    return {
        "id": name, "traceId": trace, "type": "GENERATION", "name": "chat", "startTime": "2026-05-01T10:00:01.000Z",
        "parentObservationId": "root", "level": "DEFAULT", "input": input_, "output": "ok", **more,
    }  # fmt: skip


CHAT = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Where is my refund?"}]
INPUTS = [
    CHAT,
    {"messages": CHAT},
    {"input": CHAT},
    orjson.dumps({"messages": CHAT}).decode(),
    {"args": [], "kwargs": {"question": "Where is my refund?"}},
    {"args": ["Where is my refund?"], "kwargs": {}},
    {"query": "Where is my refund?"},
    "Where is my refund?",
]


def test_every_shape_of_an_input_gives_the_question(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "traces.jsonl", [trace_row(str(n), value) for n, value in enumerate(INPUTS)])
    result = run("traces.jsonl")
    assert result.summary.formats == {"traces.jsonl": "langfuse: has 'input', 'output' and 'sessionId'"}
    assert result.texts == ["Where is my refund?"] * len(INPUTS)
    assert result.summary.groups == 1
    assert result.queries[0].time == "2026-05-01T10:00:00.000Z"


def test_csv_export_reads_like_the_jsonl_export(tmp_path: Path, run: Ingest) -> None:
    rows = [trace_row("a", CHAT), trace_row("b", 'Hello, "you"\nand you')]
    write_lines(tmp_path / "traces.jsonl", rows)
    cells = [{k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in row.items()} for row in rows]
    pl.DataFrame(cells).write_csv(tmp_path / "traces.csv")
    assert run("traces.csv").texts == run("traces.jsonl").texts == ["Where is my refund?", 'Hello, "you"\nand you']


def test_the_earliest_generation_counts_and_replays_count_once() -> None:
    replay = [*CHAT, {"role": "assistant", "content": "When did you pay?"}, {"role": "user", "content": "Monday"}]
    rows = [
        observation("o2", "t", replay, startTime="2026-05-01T10:00:09.000Z"),
        observation("o1", "t", CHAT),
        observation("tool", "t", "select 1", type="TOOL", startTime="2026-05-01T09:00:00.000Z"),
    ]
    (trace,) = read_traces(FORMAT, rows)
    assert trace.messages[1].content == "Where is my refund?"
    assert trace.size is not None
    assert trace.size > sum(len(message.content) for message in trace.messages)  # that of the longer replay


def test_sessions_join_traces() -> None:
    rows = [
        trace_row("b", "And my invoice?", sessionId="s", timestamp="2026-05-01T11:00:00.000Z"),
        trace_row("a", "Where is my refund?", sessionId="s"),
        trace_row("c", "Other", sessionId="s2"),
    ]
    traces = read_traces(FORMAT, rows)
    found = [(trace.trace_id, trace.messages[0].content) for trace in traces]
    assert found == [("s", "Where is my refund?"), ("s2", "Other")]


def test_an_answer_of_the_api_is_unwrapped(tmp_path: Path, run: Ingest) -> None:
    page = {"data": [observation("o", "t", orjson.dumps(CHAT).decode(), parentObservationId=None)], "meta": {}}
    (tmp_path / "page.json").write_bytes(orjson.dumps(page))
    assert run("page.json").texts == ["Where is my refund?"]
    detail = trace_row("t", None, observations=[observation("o", "t", CHAT)])
    (tmp_path / "page.json").write_bytes(orjson.dumps(detail))
    assert run("page.json").texts == ["Where is my refund?"]


def test_a_trace_without_talk_is_dropped(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "t.jsonl", [trace_row("a", CHAT), trace_row("b", {"user": 7}), trace_row("c", None)])
    assert run("t.jsonl").reasons == [("t.jsonl", 2, "no user message"), ("t.jsonl", 3, "no user message")]
