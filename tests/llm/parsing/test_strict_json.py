"""JSON by the letter."""

import pytest

from topicsmith.llm.parsing.strict_json import NotJson, read_strict


def test_a_value_in_the_middle_of_a_text_ends_where_it_ends() -> None:
    assert read_strict('so: {"a": [1, null]} and', 4) == ({"a": [1, None]}, 20)


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": NaN}', '{"a": -Infinity}', '{"a": 1', "", "{a: 1}"])
def test_what_is_not_json_is_left_to_more_lenient_reading(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_strict(text, 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 1}', "duplicate key 'a'"),
        ('{"b": {"a": 1, "a": 2}}', "duplicate key 'a'"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_no_reading_may_repair_is_fatal(text: str, why: str) -> None:
    with pytest.raises(NotJson, match=why) as raised:
        read_strict(text, 0)
    assert raised.value.fatal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"topic": "Billing", "reasoning": "\\ud83d"}', {"topic": "Billing", "reasoning": "\ufffd"}),
        ('{"a": ["x", {"b\\uDE00": "\\uDE00 \\ud83d"}], "n": 1}', {"a": ["x", {"b\ufffd": "\ufffd \ufffd"}], "n": 1}),
        ('{"a": "\ud83d"}', {"a": "\ufffd"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    ],
)
def test_half_a_surrogate_pair_becomes_the_replacement_character(text: str, value: object) -> None:
    assert read_strict(text, 0) == (value, len(text))
