"""A message a row, put together to conversations."""

import itertools

import pytest

from topicsmith.records import Dropped
from topicsmith.traces.base import Row
from topicsmith.traces.conversations.fields import conversation_of
from topicsmith.traces.conversations.turns import Turns, has_parent, is_turn


def read(rows: list[dict[str, object]]) -> list[tuple[str, list[str]]]:
    turns = Turns()
    for number, row in enumerate(rows, 1):
        assert turns.offer(Row("log", number, row)) is None
    return [(trace.trace_id, [m.content for m in trace.messages]) for trace in turns.traces()]


def turn(conversation: str, text: str, **more: object) -> dict[str, object]:
    return {"conversation_id": conversation, "role": "user", "content": text, **more}


def test_rows_are_grouped_whatever_stands_between_them() -> None:
    rows = [turn("b", "1"), turn("a", "2"), turn("b", "3"), turn("a", "4")]
    assert read(rows) == [("b", ["1", "3"]), ("a", ["2", "4"])]


@pytest.mark.parametrize(
    "times",
    [
        {"created_at": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T02:00:00+01:00"]},
        {"turn": [0, 1, 2]},
        {"index": ["9", "10", "11"]},
        {"ts": [1767225600, 1767225601, 1767225602000]},
    ],
)
def test_turns_are_put_in_order(times: dict[str, list[object]]) -> None:
    ((column, values),) = times.items()
    rows = [turn("c", text, **{column: value}) for text, value in zip("abc", values, strict=True)]
    for order in itertools.permutations(rows):
        assert read(list(order)) == [("c", ["a", "b", "c"])]


def test_trees_of_messages_are_followed_to_their_root() -> None:
    rows: list[dict[str, object]] = [
        {"id": "3", "parent_id": "2", "role": "user", "text": "c"},
        {"id": "1", "parent_id": None, "role": "user", "text": "a"},
        {"id": "2", "parent_id": "1", "role": "assistant", "text": "b"},
        {"id": "9", "parent_id": None, "role": "user", "text": "z"},
    ]
    assert {name: sorted(texts) for name, texts in read(rows)} == {"1": ["a", "b", "c"], "9": ["z"]}
    loop: list[dict[str, object]] = [
        {"id": "x", "parent_id": "y", "role": "user", "text": "a"},
        {"id": "y", "parent_id": "x", "role": "user", "text": "b"},
    ]
    assert sum(len(texts) for _, texts in read(loop)) == 2


def test_words_for_no_id_name_no_conversation() -> None:
    assert conversation_of({"session_id": "None", "thread_id": "t1"}) == "t1"
    assert conversation_of({"session_id": "undefined"}) is None
    dropped = Turns().offer(Row("log", 4, {"session_id": "nan", "role": "user", "content": "x"}))
    assert isinstance(dropped, Dropped)
    assert (dropped.row, dropped.reason) == (4, "wrong type")
    assert "no column says which conversation" in dropped.detail


def test_what_is_a_turn() -> None:
    assert is_turn({"sender": "customer", "message": "x"})
    assert not is_turn({"sender": "+49 30", "message": "x"})
    assert not is_turn({"role": "user", "messages": [], "content": "x"})
    assert has_parent({"id": "1", "parent_id": None})
    assert not has_parent({"parent_id": None})


@pytest.mark.parametrize(
    "row",
    [
        {"ConversationId": "c"},
        {"Conversation ID": "c"},
        {"metadata": {"session_id": "c"}},
        {"conversation": {"id": "c", "title": "t"}},
        {"session_id": "None", "metadata": {"thread_id": "c"}},
    ],
)
def test_conversations_are_named_in_many_places(row: dict[str, object]) -> None:
    assert conversation_of(row) == "c"


def test_other_columns_name_none() -> None:
    assert conversation_of({"user": {"id": "u"}, "metadata": {"id": "m"}, "conversations": 3}) is None
