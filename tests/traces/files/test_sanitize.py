"""What cannot be stored is replaced and counted."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.files.sanitize import MAX_FIELD_BYTES, storable, storable_metadata


@pytest.mark.parametrize(
    ("text", "stored", "count"),
    [
        ("plain\r\n\x07\x1b[0m", "plain\r\n\x07\x1b[0m", 0),
        ("a\0b", "a\ufffdb", 1),
        ("\ud83d alone, \ude00", "\ufffd alone, \ufffd", 2),
        ("\U0001f600 \ufffe \ufeff", "\U0001f600 \ufffe \ufeff", 0),
    ],
)
def test_nul_and_lone_surrogates(text: str, stored: str, count: int) -> None:
    assert storable(text) == (stored, count)


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_utf_8_without_nul(text: str) -> None:
    stored, count = storable(text)
    assert len(stored) == len(text)
    assert b"\0" not in stored.encode()
    assert count == sum(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def test_large_fields_are_cut_and_counted() -> None:
    kept, cut = storable_metadata({"short": "x", "list": list(range(5000)), "number": 2**80, "nan": float("nan")})
    assert cut == 1
    assert kept["list"] == "[23,891 bytes left out]"
    assert kept["short"] == "x"
    assert kept["number"] == str(2**80)
    assert storable_metadata({"text": "x" * MAX_FIELD_BYTES})[1] == 1  # with its quotes it is too long


def test_deep_nesting_and_surrogates_inside_are_replaced() -> None:
    deep: object = "end"
    for _ in range(900):
        deep = [deep]
    kept, _ = storable_metadata({"deep": deep, "odd": {"\ud800": ["\0"]}})
    assert kept["odd"] == {"\ufffd": ["\ufffd"]}
    assert "[nested too deeply]" in orjson.dumps(kept["deep"]).decode()
