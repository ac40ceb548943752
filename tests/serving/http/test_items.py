"""Bodies and items: what is taken, and what is said of the rest."""

import pytest

from topicsmith.serving.http.items import asked_of, is_conversation, parse_body
from topicsmith.serving.records import Asked
from topicsmith.serving.refusals import RefusedError


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "Expecting value"),
        (b'{"text": ', "Expecting value"),
        (b'{"a": 1, "a": 2}', "a key stands twice"),
        (b'{"x": {"a": 1, "a": 2}}', "a key stands twice"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nests too deeply"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "a number with too many digits"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ("﻿{}".encode(), "Unexpected UTF-8 BOM"),
    ],
)
def test_fault_47_what_readers_disagree_about_is_not_json(raw: bytes, told: str) -> None:
    with pytest.raises(RefusedError, match=told) as found:
        parse_body(raw)
    assert found.value.status == 400


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null"])
def test_a_body_is_an_object(raw: bytes) -> None:
    with pytest.raises(RefusedError) as found:
        parse_body(raw)
    assert found.value.status == 422


CONVERSATIONS = [
    [{"role": "system", "content": "be kind"}, {"role": "user", "content": "my card is lost"}],
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "my card is lost"}]}]},
    {"conversations": [{"from": "human", "value": "my card is lost"}, {"from": "gpt", "value": "oh"}]},
    {"contents": [{"role": "user", "parts": [{"text": "my card is lost"}]}]},
    {"model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "my card is lost"}]}]},
    {"id": "t", "name": "chat", "input": {"messages": [{"role": "user", "content": "my card is lost"}]}, "output": "x"},
    {"text": "my card is lost", "messages": "whatever"},
]


@pytest.mark.parametrize("value", CONVERSATIONS)
def test_a_conversation_is_asked_about_by_its_first_question(value: object) -> None:
    assert asked_of(value, 100) == Asked("my card is lost")


@pytest.mark.parametrize(
    ("value", "status", "told"),
    [
        ("", "empty", "nothing but space"),
        (" \n", "empty", "nothing but space"),
        (5, "unreadable", "neither a text nor a conversation"),
        (None, "unreadable", "neither a text nor a conversation"),
        ([], "unreadable", "neither a text nor a conversation"),
        ({}, "unreadable", "neither a text nor a conversation"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "unreadable", "no user message"),
        ({"messages": [{"role": "user", "content": ""}]}, "empty", "without text"),
        ({"messages": 5}, "unreadable", "neither"),
        ("a" * 101, "unreadable", "has 101 characters, of which 100 are taken"),
    ],
)
def test_what_is_no_text_says_why(value: object, status: str, told: str) -> None:
    found = asked_of(value, 100)
    assert (found.text, found.status) == (None, status)
    assert told in (found.problem or "")


def test_what_no_tokenizer_takes_is_replaced() -> None:
    assert asked_of("a\ud83d b\0", 100) == Asked("a� b�")


def test_a_conversation_is_told_from_other_objects() -> None:
    assert is_conversation({"contents": [{"parts": [{"text": "x"}]}]})
    assert not is_conversation({"texst": "x"})
