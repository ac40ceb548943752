"""Rows by the days, weeks or months of their time, in UTC: every period from the first to the last, empty ones too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np

from topicsmith.errors import UserError
from topicsmith.shares.grouping import Period, period_of
from topicsmith.statistics.intervals import IntArray

MOST = 400
"""Periods beyond which nobody could look at them."""

DAYS: dict[Period, float] = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
"""How long periods are on average."""

_DAY = 86_400 * 1_000_000_000
_PART = 0.1
"""The part of a period by which rows must begin later, or end sooner, than is usual for it to be cut off."""


@dataclass(frozen=True)
class PeriodRows:
    """A period: its first and last day, and which rows are of it; ``partial`` where the data begin or end within it."""

    name: str
    first: date
    last: date
    rows: IntArray
    partial: bool = False


def spans(instants: Sequence[int | None], by: Period) -> list[PeriodRows]:
    """The periods from the first row's to the last row's.

    Args:
        instants: nanoseconds since 1970 of each row; ``None`` where it has no time.
        by: how long a period is.

    Raises:
        UserError: when there are more than :data:`MOST`.
    """
    timed = np.array([row for row, at in enumerate(instants) if at is not None], np.int64)
    at = np.array([each for each in instants if each is not None], np.int64)
    if not len(at):
        return []
    days = at // _DAY
    first, last = int(days.min()), int(days.max())
    if last - first > MOST * DAYS[by] + 31:
        raise UserError(_too_many(by, first, last))
    inside: dict[str, list[date]] = {}
    for day in range(first, last + 1):
        inside.setdefault(period_of(_date(day), by), []).append(_date(day))
    if len(inside) > MOST:
        raise UserError(_too_many(by, first, last))
    names = np.array([period_of(_date(int(day)), by) for day in days])
    found = [PeriodRows(name, part[0], part[-1], timed[names == name]) for name, part in inside.items()]
    return _cut_off(found, {int(row): int(each) for row, each in zip(timed, at, strict=True)}, by)


def _too_many(by: str, first: int, last: int) -> str:
    return (
        f"--by {by}: the rows are from {_date(first)} to {_date(last)}, which is more than {MOST} {by}s; take a longer "
        "period, or mend the times of single rows"
    )


def _date(day: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()


def _cut_off(found: list[PeriodRows], instants: dict[int, int], by: Period) -> list[PeriodRows]:
    """Mark the first and last period where rows begin late in it, or end early, beside the periods between."""
    midnights = all(at % _DAY == 0 for at in instants.values())  # dates without a time: the whole day is meant
    begins, ends = [], []
    for span in found:
        start, length = _bounds(span, by)
        own = [instants[int(row)] for row in span.rows]
        begins.append((min(own) - start) / length if own else None)
        ends.append((max(own) + _DAY * midnights - start) / length if own else None)
    late = median([each for each in begins[1:-1] if each is not None] or [0.0]) + _PART
    early = median([each for each in ends[1:-1] if each is not None] or [1.0]) - _PART
    partial = [
        (number == 0 and (begins[0] or 0.0) > late) or (number == len(found) - 1 and (ends[-1] or 0.0) < early)
        for number in range(len(found))
    ]
    return [
        PeriodRows(span.name, span.first, span.last, span.rows, cut) for span, cut in zip(found, partial, strict=True)
    ]


def _bounds(span: PeriodRows, by: Period) -> tuple[int, int]:
    """When the whole period begins, and how long it is."""
    start = span.first
    if by == "week":
        start -= timedelta(days=start.weekday())
    elif by == "month":
        start = start.replace(day=1)
    end = start + timedelta(days=7 if by == "week" else 1)
    if by == "month":
        end = (start + timedelta(days=31)).replace(day=1)
    return (start - date(1970, 1, 1)).days * _DAY, (end - start).days * _DAY
