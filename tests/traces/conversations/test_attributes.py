"""Attributes of spans in every encoding."""

import json

import pytest

from topicsmith.traces.conversations.attributes import any_value, attributes_of, flat, numbered, objects

PAIRS = [{"key": "gen_ai.system", "value": {"stringValue": "x"}}, {"key": "n", "value": {"intValue": "3"}}]


@pytest.mark.parametrize(
    "item",
    [
        {"attributes": PAIRS},
        {"attributes": json.dumps({"gen_ai": {"system": "x"}, "n": 3})},
        {"SpanAttributes": {"gen_ai.system": "x", "n": 3}},
        {"tags": [{"key": "gen_ai.system", "value": "x"}, {"key": "n", "type": "int64", "value": 3}]},
        {"body": {"kvlistValue": {"values": PAIRS}}},
    ],
)
def test_places_and_encodings(item: dict[str, object]) -> None:
    assert attributes_of(item) == {"gen_ai.system": "x", "n": 3}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"string_value": "x"}, "x"),
        ({"int_value": 5}, 5),
        ({"intValue": "five"}, "five"),
        ({"array_value": {"values": [{"stringValue": "a"}]}}, ["a"]),
        ({"kvlist_value": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
        ("plain", "plain"),
    ],
)
def test_values_in_camel_and_in_snake_case(written: object, value: object) -> None:
    assert any_value(written) == value


def test_what_holds_messages_stays_whole() -> None:
    asked = [{"role": "user", "content": "x"}]
    assert flat({"gen_ai": {"input": {"messages": asked}}, "a": [{"b": 1}]}) == {
        "gen_ai.input.messages": asked,
        "a.0.b": 1,
    }
    assert flat({"input": {"value": {"task": "x"}}}) == {"input.value": {"task": "x"}}


def test_numbers_are_put_in_order() -> None:
    assert numbered({"m.10.x": "k", "m.2.x": "c", "m.x": 1}, "m") == [{"x": "c"}, {"x": "k"}]
    assert list(objects([{"a": 1}, 2])) == [{"a": 1}]
