"""OpenAI chat logs, in the shapes of its fine-tuning files, batch files and of proxies that log pairs."""

from pathlib import Path

from tests.traces.helpers import Ingest, read_traces, write_lines
from topicsmith.records import ToolCall
from topicsmith.traces.formats.openai import FORMAT

PAIR = {
    "request_id": "req_1",
    "request": {"model": "gpt-4o", "messages": [{"role": "user", "content": "How tall is Everest?"}]},
    "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "8,849 m"}}]},
    "latency_ms": 512,
}
BATCH = {
    "custom_id": "row-7",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Name a river"}]},
}
TOOLS = {
    "messages": [
        {"role": "developer", "content": "Use tools."},
        {"role": "user", "content": [{"type": "text", "text": "Weather in"}, {"type": "text", "text": "Bonn?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"},
        {"role": "assistant", "content": "12 degrees.", "weight": 1},
    ],
    "tools": [{"type": "function", "function": {"name": "weather"}}],
}


def test_pairs_and_batch_lines_are_recognised() -> None:
    assert FORMAT.recognise(TOOLS) == "has a list 'messages' with roles"
    assert FORMAT.recognise(PAIR) == "has a list 'request.messages' with roles"
    assert FORMAT.recognise(BATCH) == "has a list 'body.messages' with roles"
    assert FORMAT.recognise({"conversations": []}) is None


def test_a_pair_is_one_conversation_with_its_answer() -> None:
    (trace,) = read_traces(FORMAT, [PAIR])
    assert [(message.role, message.content) for message in trace.messages] == [
        ("user", "How tall is Everest?"),
        ("assistant", "8,849 m"),
    ]
    assert (trace.trace_id, trace.metadata) == ("req_1", {"request_id": "req_1", "latency_ms": 512})
    (batch,) = read_traces(FORMAT, [BATCH])
    assert (batch.trace_id, batch.messages[0].content) == ("row-7", "Name a river")


def test_tool_calls_and_parts_are_read() -> None:
    (trace,) = read_traces(FORMAT, [TOOLS])
    assert trace.messages[1].content == "Weather in\nBonn?"
    assert trace.messages[2].tool_calls == (ToolCall("weather", '{"city":"Bonn"}', "call_1"),)
    assert (trace.messages[2].content, trace.messages[3].tool_call_id) == ("", "call_1")


def test_rows_that_do_not_fit_are_dropped_with_a_reason(tmp_path: Path, run: Ingest) -> None:
    rows = [TOOLS, PAIR, BATCH, {"messages": "hello"}, {"messages": [{"role": "user", "content": 5}]}, {"other": 1}]
    write_lines(tmp_path / "log.jsonl", [*rows, TOOLS])
    result = run("log.jsonl")
    assert [reason for _, _, reason in result.reasons] == ["wrong type", "wrong type", "not this format"]
    assert [str(row["detail"])[:46] for row in result.dropped] == [
        "messages are text but no JSON (unexpected char",
        "content is a int, where text or a list of part",
        "no 'messages', at the top or in a request",
    ]
