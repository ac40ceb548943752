"""ShareGPT files, in the shape that LLaMA-Factory documents."""

from tests.traces.helpers import read_traces
from topicsmith.records import ToolCall
from topicsmith.traces.formats.sharegpt import FORMAT

ROW = {
    "id": "identity_0",
    "conversations": [
        {"from": "human", "value": "What is 3 × 7?"},
        {"from": "function_call", "value": '{"name": "multiply", "arguments": {"a": 3, "b": 7}}'},
        {"from": "observation", "value": "21"},
        {"from": "gpt", "value": "21"},
    ],
    "system": "You calculate.",
    "tools": '[{"name": "multiply"}]',
}


def test_it_is_recognised() -> None:
    assert FORMAT.recognise(ROW) == "has a list 'conversations' of 'from' and 'value'"
    assert (
        FORMAT.recognise({"conversation": [{"role": "user", "content": "x"}]}) == "has a list 'conversation' of turns"
    )
    assert FORMAT.recognise({"conversations": [{"id": "1", "title": "x"}]}) is None


def test_roles_are_mapped_and_the_system_text_stands_first() -> None:
    (trace,) = read_traces(FORMAT, [ROW])
    assert [(m.role, m.content) for m in trace.messages] == [
        ("system", "You calculate."),
        ("user", "What is 3 × 7?"),
        ("assistant", ""),
        ("tool", "21"),
        ("assistant", "21"),
    ]
    assert trace.messages[2].tool_calls == (ToolCall("multiply", '{"a":3,"b":7}'),)
    assert trace.trace_id == "identity_0"
