"""Rows by period and by field."""

from datetime import date

import pytest

from topicsmith.errors import UserError
from topicsmith.shares.grouping import NONE, group_names, period_of
from topicsmith.shares.run_rows import CountedRow


def at(time: str | None) -> CountedRow:
    return CountedRow(time, {"plan": "free", "user": {"country": "NO"}})


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("day", ["2026-01-01", "2025-12-31", "2026-01-01", NONE]),
        ("week", ["2026-W01", "2026-W01", "2026-W01", NONE]),
        ("month", ["2026-01", "2025-12", "2026-01", NONE]),
    ],
)
def test_periods_are_in_utc(by: str, expected: list[str]) -> None:
    times = ["2026-01-01T00:30:00Z", "2026-01-01 00:30:00+01:00", "1767225600", None]
    assert group_names([at(time) for time in times], by) == expected


def test_a_week_may_begin_in_another_year() -> None:
    assert period_of(date(2027, 1, 3), "week") == "2026-W53"


def test_columns_may_be_nested_and_missing() -> None:
    rows = [at(None), CountedRow(None, {})]
    assert group_names(rows, "user.country") == ["NO", NONE]


def test_what_no_row_has_is_named_with_its_cure() -> None:
    with pytest.raises(UserError, match=r"--by week: no row has a time; name its column in 'traces.time'"):
        group_names([at(None)], "week")
    with pytest.raises(UserError, match="--by plans: no row has it; did you mean 'plan'\\?; there are: plan, user"):
        group_names([at(None)], "plans")


def test_a_column_of_ids_is_refused() -> None:
    rows = [CountedRow(None, {"id": str(number)}) for number in range(101)]
    with pytest.raises(UserError, match="--by id: 101 different values; take a longer period, or a column with"):
        group_names(rows, "id")
