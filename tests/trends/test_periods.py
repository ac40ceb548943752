"""Rows by period."""

import pytest

from topicsmith.errors import UserError
from topicsmith.shares.grouping import Period
from topicsmith.traces.conversations.instants import instant
from topicsmith.trends.periods import PeriodRows, spans


def at(*times: str | None) -> list[int | None]:
    return [instant(time) for time in times]


def names(found: list[PeriodRows]) -> list[tuple[str, int, bool]]:
    return [(span.name, len(span.rows), span.partial) for span in found]


def test_days_without_rows_stand_between_the_others_and_zones_are_utc() -> None:
    found = spans(at("2026-01-01T00:30:00+02:00", None, "2026-01-02T12:00:00Z"), "day")
    assert [(span.name, span.rows.tolist()) for span in found] == [
        ("2025-12-31", [0]), ("2026-01-01", []), ("2026-01-02", [2]),
    ]  # fmt: skip


def test_a_day_that_begins_late_or_ends_early_is_partial() -> None:
    whole = [f"2026-01-0{day}T{hour:02}:00:00Z" for day in (2, 3, 4) for hour in (8, 12, 18)]
    found = spans(at("2026-01-01T15:00:00Z", *whole, "2026-01-05T08:00:00Z", "2026-01-05T11:00:00Z"), "day")
    assert [span.partial for span in found] == [True, False, False, False, True]
    found = spans(at("2026-01-01T08:30:00Z", *whole, "2026-01-05T08:00:00Z", "2026-01-05T17:00:00Z"), "day")
    assert not any(span.partial for span in found)


def test_dates_without_a_time_are_whole_days() -> None:
    assert not any(span.partial for span in spans(at("2026-01-01", "2026-01-02"), "day"))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("week", [("2026-W01", 1, True), ("2026-W02", 2, False), ("2026-W03", 1, True)]),
        ("month", [("2026-01", 4, True)]),
    ],
)
def test_weeks_and_months(by: Period, expected: list[tuple[str, int, bool]]) -> None:
    times = at("2026-01-02T12:00:00Z", "2026-01-05T09:00:00Z", "2026-01-11T09:00:00Z", "2026-01-12T09:00:00Z")
    assert names(spans(times, by)) == expected


def test_months_of_different_length() -> None:
    found = spans(at("2026-01-01", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-31"), "month")
    assert [(span.first.isoformat(), span.last.day, span.partial) for span in found] == [
        ("2026-01-01", 31, False), ("2026-02-01", 28, False), ("2026-03-01", 31, False),
    ]  # fmt: skip


def test_no_times_and_times_of_another_age() -> None:
    assert spans([None, None], "day") == []
    with pytest.raises(UserError, match="more than 400 days; take a longer period"):
        spans(at("1970-01-02", "2026-01-01"), "day")
