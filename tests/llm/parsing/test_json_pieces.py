"""Patterns of broken JSON, one by one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.llm.parsing.json_pieces import (
    BARE_KEY,
    ENDS_IN_ARRAY,
    ENDS_IN_OBJECT,
    NUMBER,
    looks_like_object,
    unescape,
)


@given(st.text())
def test_what_json_escapes_is_read_back(text: str) -> None:
    assert unescape(json.dumps(text)[1:-1]) == text


@pytest.mark.parametrize(
    ("body", "text"), [(r"it\'s", "it's"), (r"a\_b", "a_b"), (r"\ud83d\ude00", "😀"), (r"\ud83d", "\ufffd")]
)
def test_escapes_that_json_does_not_know(body: str, text: str) -> None:
    assert unescape(body) == text


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('{"topic": 1}', True),
        ('{ \n "topic" : 1}', True),
        ("{topic: 1}", False),
        ('{"a"}', False),
    ],
)
def test_an_object_is_known_by_its_first_key(text: str, is_one: bool) -> None:
    assert looks_like_object(text, 0) is is_one


@pytest.mark.parametrize(
    ("after", "in_object", "in_array"),
    [
        ("", True, True),
        ("}", True, False),
        ("]", False, True),
        (', "next": 1', True, True),
        (', "next"', True, True),
        (' \n"next": 1', True, False),
        (" said she", False, False),
        (", and then", False, False),
        (", 3]", False, True),
    ],
)
def test_what_may_follow_the_quote_that_ends_a_string(after: str, in_object: bool, in_array: bool) -> None:
    assert bool(ENDS_IN_OBJECT.match(after)) is in_object
    assert bool(ENDS_IN_ARRAY.match(after)) is in_array


@pytest.mark.parametrize(
    ("text", "found"), [("12", "12"), ("-0.5e3,", "-0.5e3"), ("012", None), ("12px", None), ("1.2.3", None)]
)
def test_numbers_are_those_of_json(text: str, found: str | None) -> None:
    match = NUMBER.match(text)
    assert (match and match[0]) == found


def test_a_bare_key_is_a_name_with_a_colon() -> None:
    assert BARE_KEY.match("topic : 1")
    assert not BARE_KEY.match("my topic: 1")
