"""Axes and their ticks."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from topicsmith.report.figures import axes
from topicsmith.report.figures.axes import log_axis, share_axis, value_axis
from topicsmith.report.formatting import count, percent

shares = st.lists(st.floats(0, 1), min_size=1, max_size=20)
amounts = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=20)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(axes).failed == 0


def test_ticks_of_shares() -> None:
    axis = share_axis([0.733, 0.883], lambda value: percent(value, 0))
    assert [tick.text for tick in axis.ticks] == ["70\u202f%", "75\u202f%", "80\u202f%", "85\u202f%", "90\u202f%"]
    assert axis.place(0.8) == 50.0


def test_ticks_of_amounts() -> None:
    assert [tick.text for tick in value_axis([350.0], count, most=4).ticks] == ["0", "100", "200", "300", "400"]
    assert [tick.text for tick in log_axis([10, 900], count).ticks] == ["10", "20", "50", "100", "200", "500", "1,000"]


@given(shares)
def test_shares_stand_on_their_axis(values: list[float]) -> None:
    axis = share_axis(values, str)
    assert 0 <= axis.low < axis.high <= 1
    assert axis.low - 1e-9 <= min(values)
    assert max(values) <= axis.high + 1e-9
    assert 2 <= len(axis.ticks) <= 8
    assert [tick.at for tick in axis.ticks] == sorted(tick.at for tick in axis.ticks)


@given(amounts)
def test_amounts_stand_on_their_axis(values: list[float]) -> None:
    for axis in (value_axis(values, str), log_axis(values, str)):
        assert axis.high >= max(values) * (1 - 1e-9)
        assert len(axis.ticks) >= 1
        assert all(0 <= axis.place(value) <= 100 for value in values)
