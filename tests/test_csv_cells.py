"""One rule for the cells of every CSV."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.csv_cells import escape, unescape

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("start", STARTS)
def test_security_k07_what_begins_a_formula_is_led_by_an_apostrophe(start: str) -> None:
    assert escape(f"{start}1+1") == f"'{start}1+1"


@given(st.text() | st.builds("{}{}".format, st.sampled_from(STARTS), st.text()))
def test_reading_takes_the_apostrophe_away_again(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(STARTS)
