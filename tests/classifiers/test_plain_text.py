from hypothesis import given
from hypothesis import strategies as st

from topicsmith.classifiers.plain_text import plain_text


def test_fault_59_pairs_are_joined_and_lone_surrogates_replaced() -> None:
    assert plain_text("x\ud83d\ude00y") == "x😀y"
    assert plain_text("x\ud83dy") == "x�y"
    assert plain_text("\ude00") == "�"
    assert plain_text("end\ud83d") == "end�"


def test_fault_61_length_is_bounded() -> None:
    assert len(plain_text("a" * 1_000_000)) == 100_000
    assert plain_text("abcdef", limit=3) == "abc"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_sound_text_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


@given(st.text(st.characters(categories=("Cs", "L")), max_size=50))
def test_the_result_is_always_storable(text: str) -> None:
    plain_text(text).encode("utf-8")
