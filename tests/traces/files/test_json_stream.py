"""JSON with the oddities of logs."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.base import SourceError
from topicsmith.traces.files import json_stream
from topicsmith.traces.files.json_stream import array_items, parse_json

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


@given(st.lists(VALUES, max_size=6), st.integers(1, 7))
def test_an_array_is_read_item_by_item_whatever_the_pieces(items: list[object], step: int) -> None:
    data = json.dumps(items, ensure_ascii=False, indent=1).encode()
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    assert list(array_items("x", iter(pieces))) == items


def test_no_more_than_one_item_is_held() -> None:
    def pieces() -> object:
        yield b"["
        for number in range(10_000):
            yield b"%d, " % number
        yield b"10000]"

    items = array_items("x", pieces())  # type: ignore[arg-type]  # a generator of bytes
    assert next(items) == 0
    assert sum(1 for _ in items) == 10_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[1, 2", "x:3: JSON array cut short"),
        (b"[1, {]", r"x:2: not JSON"),
        (b"[1, " + b"[" * 100_000, "x:2: nested too deeply"),
        (b'[1, "' + b"a" * 200, r"x:2: not JSON"),
    ],
)
def test_a_bad_item_ends_the_file_with_its_number(data: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ROW_BYTES", 100)
    with pytest.raises(SourceError, match=message):
        list(array_items("x", iter([data, b" " * 200])))
