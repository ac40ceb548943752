"""How figures and foreign texts are written."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.report import formatting
from topicsmith.report.formatting import breakable, cell, milliseconds, number, percent, seconds, shown, usd
from topicsmith.report.view_model import bare


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(formatting).failed == 0


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (percent(0.8205), "82.0\u202f%"),
        (percent(1.0, 0), "100\u202f%"),
        (number(0.0), "0"),
        (milliseconds(0.00523), "0.0052\u202fms"),
        (milliseconds(2300), "2.3\u202fs"),
        (seconds(59.4), "59\u202fs"),
        (usd(1234.5), "$1,234.50"),
        (usd(0.0), "$0"),
        (cell(None, "usd"), "–"),
        (cell(True, "mark"), "yes"),
        (cell(0.5, "share"), "50.0\u202f%"),
        (cell(1234, "count"), "1,234"),
        (formatting.interval(bare(0.5)), ""),
    ],
)
def test_figures(written: str, wanted: str) -> None:
    assert written == wanted


@given(st.text())
def test_foreign_text_keeps_no_control_and_no_direction_mark(text: str) -> None:
    seen = shown(text)
    assert len(seen) <= 280 * 9
    assert not {"\x00", "\x1b", "\u202e", "\u2066", "\u200f", "\r"} & set(seen)


@given(st.text(alphabet="<>&\"'_/:a"))
def test_breakable_text_is_escaped(text: str) -> None:
    assert "<" not in str(breakable(text)).replace("<wbr>", "")


def test_long_texts_are_cut() -> None:
    assert shown("a" * 300) == "a" * 279 + "…"
