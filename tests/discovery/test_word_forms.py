import time

import pytest

from topicsmith.discovery.word_forms import LONGEST_TEXT, plain, stem, trimmed, units


def shown(text: str, *, weak: bool = False) -> list[str]:
    return [unit.shown for unit in units(text, weak=weak)]


def test_stop_words_are_left_out_and_pairs_reach_over_them() -> None:
    assert shown("Freeze my account") == ["freeze", "account", "freeze account"]


def test_pairs_do_not_reach_over_punctuation() -> None:
    assert shown("My card. Account locked") == ["card", "account", "locked", "account locked"]


def test_a_word_beside_itself_makes_no_pair() -> None:
    assert shown("cards card") == ["cards", "card"]


def test_stop_words_and_numbers_are_weak() -> None:
    assert shown("What are you? 12 x") == []
    assert shown("are you 12", weak=True) == ["are", "you", "are you", "12"]


def test_words_that_topics_are_about_are_kept_though_lists_of_stop_words_have_them() -> None:
    assert shown("pay the bill") == ["pay", "bill", "pay bill"]
    assert shown("top up") == ["top"]


def test_contractions_and_possessives() -> None:
    assert shown("don't lose the card's pin; I’m here") == ["lose", "card", "lose card", "pin", "card pin"]


def test_names_in_code_are_taken_apart() -> None:
    assert shown('{"tool_name": "sendMail"}') == ["tool", "name", "tool name", "send", "mail", "send mail"]


def test_inflections_share_a_key() -> None:
    keys = {unit.key for unit in units("activate activated activating activates") if " " not in unit.key}
    assert keys == {"activat"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cards", "card"), ("boxes", "box"), ("countries", "country"), ("status", "status"), ("address", "address"),
        ("stopped", "stop"), ("calling", "call"), ("missing", "miss"), ("change", "chang"), ("changed", "chang"),
        ("red", "red"), ("string", "string"), ("thing", "thing"), ("bus", "bus"), ("w2", "w2"), ("naïveté", "naïveté"),
        ("카드를", "카드"), ("도로", "도로"),
    ],
)  # fmt: skip
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_signs_above_and_below_letters_belong_to_words() -> None:
    assert shown("मेरा कार्ड") == ["मेरा", "कार्ड", "मेरा कार्ड"]
    assert shown("cafe\u0301 bar") == ["café", "bar", "café bar"]


def test_scripts_without_blanks_give_pieces() -> None:
    assert shown("银行卡") == ["银行", "行卡", "银行卡"]
    assert shown("卡") == ["卡"]
    assert shown("すみません") == []  # hiragana alone is grammar
    assert "บัตร" in shown("บัตรหาย")
    assert all(unit.fragment for unit in units("银行卡"))


def test_scripts_may_stand_beside_each_other() -> None:
    assert shown("iPhone充电") == ["phone", "充电"]  # 'i' is a letter alone


def test_what_is_trimmed() -> None:
    assert trimmed("的了") == ""
    assert trimmed("怎么的银行卡了吗") == "银行卡"
    assert trimmed("カード") == "カード"


@pytest.mark.parametrize("text", ["", " \n", "!?", "\ud800", "\x00", "😀", "_" * 10, "a" * 500])
def test_texts_without_words_give_nothing(text: str) -> None:
    assert shown(text) == []


def test_full_width_letters_are_letters_and_long_texts_are_cut() -> None:
    assert shown("ＣＡＲＤ") == ["card"]
    assert len(plain("a" * 9999)) == LONGEST_TEXT


@pytest.mark.parametrize("unit", ["a'", "की", "银", "บ", "aB", "ก็", "\u0301", "的", "가"])
def test_no_row_of_signs_takes_long(unit: str) -> None:
    start = time.perf_counter()
    units(unit * 5000)
    assert time.perf_counter() - start < 2.0
