"""Requests to the Responses API, in the shapes that its reference and its batch files have."""

from tests.traces.helpers import read_traces
from topicsmith.records import ToolCall
from topicsmith.traces.formats.responses import FORMAT

ITEMS = {
    "id": "log_1",
    "request": {
        "model": "gpt-5",
        "instructions": "Answer briefly.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Weather in Rome?"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up"}]},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Rome"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "18 degrees"},
        ],
    },
    "response": {
        "id": "resp_1",
        "object": "response",
        "output": [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "18 °C", "annotations": []}],
            }
        ],
    },
}
TEXT = {"model": "gpt-5", "input": "Name a lake"}
BATCH = {"custom_id": "b1", "method": "POST", "url": "/v1/responses", "body": TEXT}


def test_they_are_recognised() -> None:
    assert FORMAT.recognise(ITEMS) == "has 'request.input' with items"
    assert FORMAT.recognise(TEXT) == "has 'input' beside a model"
    assert FORMAT.recognise(BATCH) == "has 'body.input' beside a model"
    assert FORMAT.recognise({"input": "x", "output": "y"}) is None


def test_items_become_messages() -> None:
    (trace,) = read_traces(FORMAT, [ITEMS])
    assert [(message.role, message.content) for message in trace.messages] == [
        ("developer", "Answer briefly."),
        ("user", "Weather in Rome?"),
        ("assistant", ""),
        ("assistant", ""),
        ("tool", "18 degrees"),
        ("assistant", "18 °C"),
    ]
    assert trace.messages[2].reasoning == "Look it up"
    assert trace.messages[3].tool_calls == (ToolCall("weather", '{"city":"Rome"}', "c1"),)
    assert trace.trace_id == "log_1"


def test_text_input_is_the_question() -> None:
    plain, batch = read_traces(FORMAT, [TEXT, BATCH])
    assert plain.messages == batch.messages
    assert (plain.messages[0].role, plain.messages[0].content) == ("user", "Name a lake")
    assert batch.trace_id == "b1"
