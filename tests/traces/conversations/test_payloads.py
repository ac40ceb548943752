"""What tracers log as the input and output of a step."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.records import Message
from topicsmith.traces.conversations.payloads import answered, json_or_same, spoken

USER = Message("user", "Hi")
LANGCHAIN = {"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": "Hi"}}


@pytest.mark.parametrize(
    "value",
    [
        "Hi",
        {"role": "user", "content": "Hi"},
        [{"role": "user", "content": "Hi"}],
        [[{"role": "user", "content": "Hi"}]],
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]},
        {"messages": [[LANGCHAIN]]},
        {"messages": [{"type": "human", "data": {"content": "Hi"}}]},
        {"input": {"messages": [{"type": "human", "content": "Hi"}]}},
        {"question": "Hi", "k": 3},
        {"args": ["Hi"], "kwargs": {}},
        {"args": [], "kwargs": {"messages": [{"role": "user", "content": "Hi"}]}},
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        [{"type": "text", "text": "Hi"}],
        ["Hi", "not this"],
        orjson.dumps({"messages": [{"role": "user", "content": "Hi"}]}).decode(),
    ],
)
def test_every_wrapping_gives_the_message(value: object) -> None:
    assert spoken(value) == (USER,)


@pytest.mark.parametrize("value", [None, 5, True, "", [], {}, {"a": 1}, [1, 2], {"messages": 5}, {"role": "user"}])
def test_where_nobody_speaks_there_is_nothing(value: object) -> None:
    assert spoken(value) == ()


@pytest.mark.parametrize(
    "value",
    [
        "Yes",
        {"role": "assistant", "content": "Yes"},
        {"choices": [{"message": {"role": "assistant", "content": "Yes"}}]},
        {"generations": [[{"text": "Yes"}]]},
        {"generations": [[{"text": "x", "message": {"id": ["AIMessage"], "kwargs": {"content": "Yes"}}}]]},
        {"output": "Yes"},
        '{"output": {"role": "assistant", "content": "Yes"}}',
    ],
)
def test_answers(value: object) -> None:
    assert answered(value) == (Message("assistant", "Yes"),)


def test_text_that_only_looks_like_json_stays_text() -> None:
    assert json_or_same("[not json") == "[not json"
    assert json_or_same("{}") == "{}"
    assert spoken("[draft] hello") == (Message("user", "[draft] hello"),)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["user", "text", "human"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["role", "content", "messages", "type", "kwargs", "id", "text", "data", "choices", "args"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_anything_gives_messages_or_nothing(value: object) -> None:
    for message in (*spoken(value), *answered(value)):
        assert isinstance(message.content, str)
