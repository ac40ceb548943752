from math import nan

from topicsmith.advice.wording import interval_text, join, money, percent
from topicsmith.statistics.intervals import Interval


def test_numbers_and_lists() -> None:
    assert percent(0.9342) == "93.4 %"
    assert percent(nan) == "unknown"
    assert interval_text(Interval(0.5, 0.25, 0.75, 8)) == "50.0 % [25.0, 75.0]"
    assert [money(x) for x in (19.25, 0.135, 0.00031, 0.0, None, 1234.5)] == [
        "$19.25",
        "$0.14",
        "$0.00031",
        "$0.00",
        "an unknown price",
        "$1,234.50",
    ]
    assert [join(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["nobody", "a", "a and b", "a, b and c"]
