"""JSON with the oddities of logs."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.files import json_stream
from topicsmith.traces.files.json_stream import JsonText, NotUTF8Error, TooLargeError, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_values_come_back(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


def test_a_lone_surrogate_is_let_through() -> None:
    assert parse_json(b'{"a": "\\ud83d!"}') == {"a": "\ud83d!"}
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b'["\\ud800",' + b"[" * 100_000])
def test_many_brackets_are_a_recursion_error(text: bytes) -> None:
    with pytest.raises((RecursionError, orjson.JSONDecodeError)):
        parse_json(text)


@pytest.mark.parametrize("text", [b"", b"{", b"nul", b'{"a" 1}', b"\xff", b'"\\ud800'])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def window(data: bytes, step: int = 7) -> JsonText:
    return JsonText(data[start : start + step] for start in range(0, len(data), step))


@given(st.lists(VALUES, max_size=6), st.integers(1, 7), st.sampled_from(["", ",", "\n", " ,\r\n"]))
def test_values_one_after_the_other_come_back_whatever_the_pieces(
    values: list[object], step: int, between: str
) -> None:
    written = (between or " ").join(json.dumps(value, ensure_ascii=False, indent=1) for value in values)
    text = window(written.encode(), step)
    found = []
    while text.head():
        found.append(text.value())
    assert found == values


def test_pythons_numbers_that_are_none_are_let_through() -> None:
    found = parse_json(b'{"a": NaN, "b": -Infinity}')
    assert isinstance(found, dict)
    assert str(found) == "{'a': nan, 'b': -inf}"
    assert str(window(b'{"a": NaN}').value()) == "{'a': nan}"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (b'{"id": 2, "text": "broken}', ValueError),
        (b'{"id": 2, "text": "one " too many"}', ValueError),
        (b'{"id": 2, "text": ["}", {"id": 5]}', ValueError),
        (b'{"id": 2, "text": "\xff"}', NotUTF8Error),
        (b'{"id": 2, "text": ' + b"[" * 3000 + b"]" * 3000 + b"}", RecursionError),
        (b'{"id": 2, "text": "' + b"x" * 500 + b'"}', TooLargeError),
    ],
)
@pytest.mark.parametrize("between", [b",\n", b", "])
def test_a_bad_value_is_stepped_over(
    bad: bytes, error: type[Exception], between: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_ROW_BYTES", 200 if error is TooLargeError else 100_000)
    monkeypatch.setattr(json_stream, "CHUNK", 50)
    good = [b'{"id": 1, "text": "a"}', b'{"id": 3, "text": "c"}', b'{"id": 4, "text": "d"}']
    text = window(between.join([good[0], bad, *good[1:]]))
    keys = frozenset({"id", "text"})
    assert text.value() == {"id": 1, "text": "a"}
    assert text.head() == "{"
    with pytest.raises(error):
        text.value()
    if error in (TooLargeError, NotUTF8Error):
        assert text.skip_brackets()
    else:
        assert text.skip_value(keys)
    found = []
    while text.head():
        found.append(text.value())
    assert found == [{"id": 3, "text": "c"}, {"id": 4, "text": "d"}]


def test_the_end_of_a_value_without_end_cannot_be_told() -> None:
    assert not window(b'{"a": [1, 2').skip_brackets()
    assert not window(b'{"a": "never closed}, {').skip_value(frozenset())


def test_values_without_an_end_are_told_by_their_lines_once_many_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_SOME_IN_VAIN", -1)
    text = window(b'{"id": 1},\n{"id": 2, "a": [{"b": 1},\n{"id": 3},\n{"id": 4, "a": [\n{"b": 1}]}', 200)
    assert text.value() == {"id": 1}
    text.head()
    with pytest.raises(ValueError, match="no end before the next begins"):
        text.value()
    assert text.skip_value(frozenset({"id"}))
    assert text.value() == {"id": 3}
    assert text.head() == "{"
    assert text.value() == {"id": 4, "a": [{"b": 1}]}
