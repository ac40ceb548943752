"""Values written as text, whole or cut short."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.conversations.literals import mended, parse_literal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('[{"a": 1}]', [{"a": 1}]),
        ("[{'a': None, 'b': True}]", [{"a": None, "b": True}]),
        ("('user', 'hi')", ["user", "hi"]),
        ("{'score': nan}", {"score": None}),
        ("__import__('os')", None),
        ("plain words", None),
        ("[" * 5000, None),
    ],
)
def test_json_and_python_are_read_and_nothing_is_run(text: str, value: object) -> None:
    assert parse_literal(text) == value


@given(st.lists(VALUES, min_size=1, max_size=4) | st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4))
def test_python_literals_come_back(value: object) -> None:
    assert parse_literal(repr(value)) == value


@given(
    st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": st.text(max_size=8)}), max_size=4), st.data()
)
def test_a_list_cut_anywhere_gives_the_items_before_the_cut(items: list[object], data: st.DataObject) -> None:
    text = json.dumps(items)
    found = mended(text[: data.draw(st.integers(1, len(text)))])
    assert isinstance(found, list)
    whole = [item for item in found if isinstance(item, dict) and item.keys() == {"role", "content"}]
    assert whole == items[: len(whole)]
    assert len(found) - len(whole) <= 1


def test_half_a_text_is_no_text() -> None:
    assert mended('{"messages": [{"role": "system", "content": "a\\"b"}, {"role": "user", "content": "Wh') == {
        "messages": [{"role": "system", "content": 'a"b'}, {"role": "user"}]
    }
    assert mended('"never ends') is None
    assert mended("}") is None
    assert mended("[" * 1000) is not None  # closed as deep as anybody nests
