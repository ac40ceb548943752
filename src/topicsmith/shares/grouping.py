"""Rows by the period of their trace's time, or by any of its fields."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from topicsmith.errors import UserError
from topicsmith.shares.run_rows import CountedRow
from topicsmith.suggestions import did_you_mean
from topicsmith.traces.conversations.instants import instant
from topicsmith.traces.sampling import value_at

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)
MOST = 100
"""Different values beyond which rows are not grouped by a column: it holds ids or texts."""

NONE = "(none)"
"""Rows that have no time, or nothing in the column."""

_NANO = 1_000_000_000


def group_names(rows: Sequence[CountedRow], by: str) -> list[str]:
    """The group of each row: its day, week or month (in UTC), or what stands at the path ``by`` in its fields.

    Raises:
        UserError: when no row has a time, or anything in the column, or there are over :data:`MOST` different values.
    """
    names = [_period(row.time, by) if by in PERIODS else value_at(row.fields, by) or NONE for row in rows]
    known = Counter(names)
    if rows and set(known) == {NONE}:
        raise UserError(_nothing(rows, by))
    if len(known) > MOST:
        raise UserError(
            f"--by {by}: {len(known):,} different values; take a longer period, or a column with at most {MOST}"
        )
    return names


def _nothing(rows: Sequence[CountedRow], by: str) -> str:
    if by in PERIODS:
        return (
            f"--by {by}: no row has a time; name its column in 'traces.time' and run again, or keep it in the file "
            "with 'classify --keep time'"
        )
    columns = sorted({key for row in rows[:1000] for key in row.fields})
    return f"--by {by}: no row has it; {did_you_mean(by, columns)}there are: {', '.join(columns) or 'no columns'}"


def _period(time: str | None, by: str) -> str:
    found = instant(time)
    if found is None:
        return NONE
    return period_of((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=found // _NANO)).date(), by)


def period_of(day: date, by: str) -> str:
    """The period that ``day`` is in, by names that sort in order; weeks are those of ISO 8601.

    >>> [period_of(date(2026, 1, 1), by) for by in PERIODS]
    ['2026-01-01', '2026-W01', '2026-01']
    """
    if by == "day":
        return day.isoformat()
    if by == "month":
        return f"{day:%Y-%m}"
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
