"""Calls of Weave."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.weave import FORMAT


def test_calls_of_a_trace_are_one_conversation() -> None:
    rows: list[dict[str, object]] = [
        {"id": "2", "trace_id": "t", "parent_id": "1", "op_name": "weave:///e/p/op/openai.chat.completions.create:x",
         "started_at": "2026-01-01T00:00:02Z", "inputs": {"messages": [{"role": "user", "content": "rewritten"}]}},
        {"id": "1", "trace_id": "t", "parent_id": None, "op_name": "weave:///e/p/op/answer:x",
         "started_at": "2026-01-01T00:00:01Z", "inputs": {"self": "<App>", "question": "How long?"}, "output": "3"},
    ]  # fmt: skip
    (trace,) = read_traces(FORMAT, rows)
    assert [m.content for m in trace.messages] == ["How long?", "3"]
    assert FORMAT.recognise(rows[0]) == "has 'op_name' and 'inputs'"
