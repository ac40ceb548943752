"""One span, written by each version of the conventions."""

import json
from collections.abc import Mapping

import pytest

from topicsmith.records import ToolCall
from topicsmith.traces.conversations.span_messages import genai_messages, openinference_messages
from topicsmith.traces.conversations.spans import RawSpan


def span(
    attributes: Mapping[str, object], *events: tuple[str, Mapping[str, object]], parent: str | None = None
) -> RawSpan:
    return RawSpan("t", parent, "chat", "2026-11-01T00:00:00Z", attributes, events)


ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]
PRESENT = {
    "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be kind"}]),
    "gen_ai.input.messages": json.dumps(ASKED),
    "gen_ai.output.messages": json.dumps(SAID),
}
WHOLE = [("system", "Be kind"), ("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (span(PRESENT), WHOLE),
        (span({}, ("gen_ai.client.inference.operation.details", PRESENT)), WHOLE),
        (
            span(
                {},
                ("gen_ai.system.message", {"content": "Be kind"}),
                ("gen_ai.user.message", {"gen_ai.event.content": "Hi"}),
                ("gen_ai.choice", {"message": json.dumps({"content": "Hello"})}),
            ),
            WHOLE,
        ),
        (
            span(
                {},
                ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps([{"role": "user", "content": "Hi"}])}),
                ("gen_ai.content.completion", {"gen_ai.completion": "Hello"}),
            ),
            WHOLE[1:],
        ),
        (
            span(
                {
                    "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be kind",
                    "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "Hi",
                    "gen_ai.completion.0.content": "Hello",
                }
            ),
            WHOLE,
        ),
        (span({"gen_ai.prompt": "Hi", "gen_ai.completion": "Hello"}), WHOLE[1:]),
        (span({"gen_ai.completion": "Hello"}), []),
        (span({"http.method": "GET"}), []),
    ],
    ids=["attributes", "details event", "an event a message", "content events", "numbered", "text", "unasked", "other"],
)  # fmt: skip
def test_the_messages_of_a_genai_span(given: RawSpan, found: list[tuple[str, str]]) -> None:
    assert [(m.role, m.content) for m in genai_messages(given)] == found


def test_the_present_conventions_come_before_older_ones() -> None:
    both = span({**PRESENT, "gen_ai.prompt": "old"}, ("gen_ai.user.message", {"content": "older"}))
    assert [(m.role, m.content) for m in genai_messages(both)] == WHOLE


MODEL_CALL = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.contents.0.message_content.type": "text",
    "llm.input_messages.0.message.contents.0.message_content.text": "What is",
    "llm.input_messages.0.message.contents.1.message_content.type": "image",
    "llm.input_messages.0.message.contents.2.message_content.text": "this?",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"at": 1}',
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
}


def test_the_parts_and_tool_calls_of_an_openinference_span() -> None:
    asked, said = openinference_messages(span(MODEL_CALL, parent="p"))
    assert (asked.role, asked.content) == ("user", "What is\nthis?")
    assert (said.role, said.content, said.tool_calls) == ("assistant", "", (ToolCall("look", '{"at": 1}', "c1"),))


def test_a_cell_of_a_data_frame_holds_the_messages_as_json() -> None:
    cell = json.dumps([{"message": {"role": "user", "content": "Hi"}}])
    [asked] = openinference_messages(span({"llm.input_messages": cell}))
    assert (asked.role, asked.content) == ("user", "Hi")


@pytest.mark.parametrize(
    ("kind", "parent", "found"),
    [
        ("LLM", "p", ["Hi", "Hello"]),
        ("CHAIN", None, ["Hi", "Hello"]),
        ("CHAIN", "p", ["Hi", "Hello"]),
        ("RETRIEVER", None, []),
    ],
)
def test_input_and_output_count_for_model_calls_and_for_the_root_of_a_talk(
    kind: str, parent: str | None, found: list[str]
) -> None:
    given = span({"openinference.span.kind": kind, "input.value": "Hi", "output.value": "Hello"}, parent=parent)
    assert [m.content for m in openinference_messages(given)] == found
