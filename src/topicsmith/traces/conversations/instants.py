"""Moments as logs write them, so that they can be put in order: RFC 3339 in its many spellings, and epoch numbers."""

import re
from datetime import UTC, datetime, timedelta, timezone

_WRITTEN = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)(?:[Tt\s_]\s*(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?)?\s*"
    r"([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\s*"
)
_NUMBER = re.compile(r"\s*(\d{1,20})(?:\.(\d{1,18}))?(?:[eE]\+?(\d{1,2}))?\s*")
_NANO = 1_000_000_000
_UNITS = ((10**11, _NANO), (10**14, 10**6), (10**17, 10**3))
"""Epoch numbers below each bound are seconds, milliseconds, microseconds (years 1973 to 5138); beyond: nanoseconds."""

TIMES = (
    "created_at", "createdAt", "create_time", "timestamp", "time", "datetime", "created", "date", "ts", "sent_at",
)  # fmt: skip
"""Columns that hold the time of a message, the usual ones first."""

_LATEST = 2**62
"""Within 146 years of 1970: what lies beyond is no time of a message, and no number that a database holds."""

_LONGEST = 64


def instant(written: object) -> int | None:
    """Nanoseconds since 1970 of what a log wrote as a time, or ``None`` where it is none.

    A text without an offset is taken for UTC. A number is seconds, milliseconds, microseconds or nanoseconds, which
    its size tells.

    >>> instant("2026-01-01T00:00:00.5Z") == instant("2026-01-01 01:00:00.500+01:00") == instant(1767225600.5)
    True
    """
    if isinstance(written, bool) or written is None:
        return None
    found = _instant(written)
    return found if found is not None and abs(found) < _LATEST else None


def _instant(written: object) -> int | None:
    if isinstance(written, datetime):
        return _of(written if written.tzinfo else written.replace(tzinfo=UTC))
    text = repr(written) if isinstance(written, int | float) else written
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    number = _NUMBER.fullmatch(text)
    return _of_text(text) if number is None else _of_number(*number.groups())


def _of_text(text: str) -> int | None:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), tzinfo=UTC
        )
        moment = moment.replace(tzinfo=_zone(offset))
    except ValueError:
        return None
    return _of(moment) + int((fraction or "0")[:9].ljust(9, "0"))


def _zone(offset: str | None) -> timezone:
    if offset is None or offset[0] not in "+-":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if offset[0] == "-" else size)


def _of(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _NANO + since.microseconds * 1000


def _of_number(whole: str, fraction: str | None, exponent: str | None) -> int:
    digits = (fraction or "").ljust(18, "0")
    scaled: int = int(whole + digits) * 10 ** int(exponent or 0)  # 1e-18 of the written unit
    size = scaled // 10**18
    unit = next((unit for bound, unit in _UNITS if size < bound), 1)
    return scaled * unit // 10**18
