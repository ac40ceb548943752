"""Axes that hold their values."""

from topicsmith.report.scales import share_axis


def test_an_axis_of_one_value_at_its_end_still_has_two_ends() -> None:
    for value in (0.0, 1.0):
        axis = share_axis([value, value], str)
        assert axis.low < axis.high <= 1.0
        assert axis.place(value) in {0.0, 100.0}
