import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.llm.parsing.lenient_json import MAX_DEPTH, parse
from topicsmith.llm.parsing.strict_json import NotJson

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefg", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdefg", min_size=1), VALUES, max_size=5))
def test_valid_json_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    text = json.dumps(value)
    parsed = parse("x" + text + "tail", 1)
    assert (parsed.value, parsed.end, parsed.repairs, parsed.truncated) == (value, 1 + len(text), (), False)


@given(
    st.dictionaries(st.text("abcdefg", min_size=1), st.text("abc ,'", max_size=8), min_size=1, max_size=4), st.data()
)
def test_a_prefix_of_an_object_gives_only_members_that_are_whole(value: dict[str, str], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    try:
        found = parse(text[:cut], 0).value
    except NotJson:
        return
    assert isinstance(found, dict)
    assert found.items() <= value.items()


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ('{"a": "he said "hi", then left"}', {"a": 'he said "hi", then left'}, ("inner_quote",)),
        ("{'a': 'it's'}", {"a": "it's"}, ("quotes", "quotes", "inner_quote")),
        ('{“a”: “b”}', {"a": "b"}, ("quotes", "quotes")),
        ('{"a": "b”, "c": 1}', {"a": "b", "c": 1}, ("quotes",)),
        ('{"a: "b"}', {"a": "b"}, ("key_quote",)),
        ('{a: 1, b: [1, 2,]}', {"a": 1, "b": [1, 2]}, ("bare_key", "bare_key", "stray_comma")),
        ('{"a": True, "b": None}', {"a": True, "b": None}, ("python_literal", "python_literal")),
        ('{{"a": 1}}', {"a": 1}, ("doubled_brace",)),
        ('{"a": 1,{"a": 1, "b": 2}', {"a": 1, "b": 2}, ("doubled_brace",)),
        ('{"a": 1 and so on', {"a": 1}, ("missing_brace",)),
        ('{"a": [1, ...], ...}', {"a": [1]}, ("ellipsis", "stray_comma", "ellipsis", "stray_comma")),
        ('{"a": "x\ty"}', {"a": "x\ty"}, ("raw_control",)),
        ('{"a": "\\ud83d\\ude00 \\"q\\" \\x", }', {"a": '😀 "q" x'}, ("stray_comma",)),
        ('{"k": "lost"a": 1}', {"a": 1}, ("lost_quote",)),
        ('{\\n"a": 1}', {"a": 1}, ("escape",)),
        ('{"a": "b" /* c */}', {"a": "b"}, ("comment",)),
        ('{"a": "b", # c\n"d": 1}', {"a": "b", "d": 1}, ("comment",)),
        ('{"a": {"b": 1}', {"a": {"b": 1}}, ()),
    ],
)  # fmt: skip
def test_what_is_repaired_and_what_it_is_called(text: str, value: object, repairs: tuple[str, ...]) -> None:
    parsed = parse(text, 0)
    assert (parsed.value, parsed.repairs) == (value, repairs)


@pytest.mark.parametrize(
    ("text", "fatal"),
    [
        ("{More human than human", False),
        ("{}}{", None),
        ('{"a": name}', True),
        ('{"a": 1, "a": 2}', True),
        ("{'a': 1, 'a': 1}", True),
        ('{"a": Infinity}', True),
        ('{"a": 01}', True),
        ("[1 2]", False),
        ('{"a": 1, {"b": 2}}', True),
        ('{"a": ' + "[" * (MAX_DEPTH + 2), True),
    ],
)
def test_what_would_need_a_guess_is_not_read(text: str, fatal: bool | None) -> None:
    if fatal is None:
        assert parse(text, 0).value == {}
        return
    with pytest.raises(NotJson) as raised:
        parse(text, 0)
    assert raised.value.fatal is fatal


def test_numbers_at_the_end_may_be_cut_and_are_left_out() -> None:
    parsed = parse('{"a": 1, "b": 12', 0)
    assert (parsed.value, parsed.truncated) == ({"a": 1}, True)
