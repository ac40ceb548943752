"""Helpers of the format files."""

from datetime import date

from topicsmith.traces.conversations.fields import first_text, mapping, rest_of


def test_the_first_name_that_holds_something() -> None:
    row = {"a": "", "b": None, "c": True, "d": 7, "e": "text", "f": date(2026, 1, 2)}
    assert first_text(row, "a", "b", "c", "d", "e") == "7"
    assert first_text(row, "e", "d") == "text"
    assert first_text(row, "f") == "2026-01-02"
    assert first_text(row, "a", "nowhere") is None


def test_what_is_left() -> None:
    assert rest_of({"a": 1, "b": None, "c": 0}, {"a"}) == {"c": 0}
    assert mapping({"a": 1}) == {"a": 1}
    assert mapping([1]) == {}
