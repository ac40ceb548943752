"""Messages out of the dialects of chat logs."""

import pytest

from topicsmith.records import ToolCall
from topicsmith.traces.conversations.messages import (
    MalformedError,
    call_in_text,
    json_text,
    message_of,
    messages_of,
    text_of,
)
from topicsmith.traces.conversations.roles import role_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("human", "user"),
        ("GPT", "assistant"),
        ("AIMessage", "assistant"),
        ("observation", "tool"),
        ("critic", "critic"),
    ],
)
def test_roles(name: str, role: str) -> None:
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("plain", "plain"),
        (
            [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {}},
                {"type": "input_text", "text": "b"},
            ],
            "a\nb",
        ),
        ([{"type": "text", "text": {"value": "assistants"}}], "assistants"),
        (["a", "b"], "a\nb"),
        ({"type": "text", "content": "one"}, "one"),
        ([{"type": "tool_result", "content": "42"}], ""),
        ([{"type": "text", "text": "<tools>x</tools>"}, {"type": "text", "text": "Q"}], "Q"),
        ([{"type": "text", "text": "<tools>x</tools>"}], "<tools>x</tools>"),
    ],
)
def test_contents(content: object, text: str) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "messages are a int"),
        ({"role": "user"}, "messages are a dict"),
        ("[", "messages are text but no JSON"),
        ("[" * 2000, "nest too deeply"),
        (["hi"], "a message is a str"),
        ([{"content": "x"}], "neither 'role' nor 'from'"),
        ([{"role": 3}], "a role is a int"),
        ([{"role": "user", "content": 3}], "content is a int"),
        ([{"role": "user", "content": [3]}], "a content part is a int"),
    ],
)
def test_what_is_no_list_of_messages_is_said_to_be(value: object, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        messages_of(value)


def test_tool_calls_of_three_kinds() -> None:
    message = message_of(
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {"x": 1}}],
            "function_call": {"name": "b", "arguments": "{}"},
            "tool_calls": [{"id": "t2", "function": {"name": "c", "arguments": "{}"}}, {"name": "d", "args": {"y": 2}}],
        }
    )
    assert message.tool_calls == (
        ToolCall("b", "{}"),
        ToolCall("a", '{"x":1}', "t1"),
        ToolCall("c", "{}", "t2"),
        ToolCall("d", '{"y":2}'),
    )


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('{"name": "f", "arguments": {"a": 1}}', ToolCall("f", '{"a":1}')),
        ("{'name': 'f', 'arguments': {'a': None}}", ToolCall("f", '{"a":null}')),
        ("f(1)", ToolCall("", "f(1)")),
        ("__import__('os').system('true')", ToolCall("", "__import__('os').system('true')")),
        ("(" * 5000, ToolCall("", "(" * 5000)),
    ],
)
def test_a_call_written_as_text(text: str, call: ToolCall) -> None:
    assert call_in_text(text) == call


def test_json_text_of_what_json_cannot_hold() -> None:
    assert json_text(None) == ""
    assert json_text({"n": 2**70}) == "{'n': 1180591620717411303424}"
