"""How figures and foreign texts are written on the page."""

import math
import unicodedata
from typing import TYPE_CHECKING

from topicsmith.report.tables.table import Cell, Kind
from topicsmith.report.view_model import bounds
from topicsmith.statistics.intervals import Interval

if TYPE_CHECKING:
    from markupsafe import Markup

NOTHING = "–"


def percent(value: float | None, digits: int = 1) -> str:
    r"""A share in per cent.

    >>> percent(0.93416), percent(None)
    ('93.4\u202f%', '–')
    """
    return NOTHING if value is None or math.isnan(value) else f"{100 * value:.{digits}f}\u202f%"


def count(value: float | None) -> str:
    """A whole number with its thousands set apart.

    >>> count(13083)
    '13,083'
    """
    return NOTHING if value is None or math.isnan(value) else f"{value:,.0f}"


def score(value: float | None) -> str:
    """A score between 0 and 1 with three decimals."""
    return NOTHING if value is None or math.isnan(value) else f"{value:.3f}"


def number(value: float | None) -> str:
    """A number to three significant figures, larger ones to the unit.

    >>> number(0.012345), number(12.345), number(12345.6)
    ('0.0123', '12.3', '12,346')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:.3g}"


def milliseconds(value: float | None) -> str:
    r"""A time of under a minute.

    >>> milliseconds(0.00473), milliseconds(5.36), milliseconds(16_129)
    ('0.0047\u202fms', '5.36\u202fms', '16.1\u202fs')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if 0 < value < 1:
        return f"{value:.2g}\u202fms"
    return f"{number(value)}\u202fms" if value < 1000 else f"{value / 1000:.1f}\u202fs"


def seconds(value: float | None) -> str:
    r"""A time from seconds to hours.

    >>> seconds(0.4), seconds(75), seconds(7320)
    ('0.4\u202fs', '1\u202fmin 15\u202fs', '2\u202fh 2\u202fmin')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if value < 60:
        return f"{value:.1f}\u202fs" if value < 10 else f"{value:.0f}\u202fs"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u202fh {minutes}\u202fmin" if hours else f"{minutes}\u202fmin {rest}\u202fs"


def usd(value: float | None) -> str:
    """Money; an unknown price is a dash and never zero.

    >>> usd(26.16), usd(0.135), usd(0.00042), usd(0.0000172), usd(0.0), usd(None)
    ('$26.16', '$0.135', '$0.00042', '$0.000017', '$0', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if value == 0:
        return "$0"
    if value >= 0.01:
        return f"${value:,.2f}" if value >= 1 else f"${value:.3f}"
    return f"${value:.{1 - math.floor(math.log10(value))}f}".rstrip("0")


def size(value: float | None) -> str:
    """How many parameters a model has, in billions from half a billion on.

    >>> size(6e8), size(1.4e10), size(22_713_216), size(1_300), size(None)
    ('0.6B', '14B', '23M', '1.3k', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    for least, unit, letter in ((5e8, 1e9, "B"), (1e6, 1e6, "M"), (1e3, 1e3, "k")):
        if value >= least:
            return f"{float(f'{value / unit:.2g}'):g}{letter}"
    return f"{value:,.0f}"


def interval(figure: Interval | None, digits: int = 1) -> str:
    """The bounds of a share in per cent, without the sign; empty where they are not known.

    >>> interval(Interval(0.5, 0.401, 0.599, 100))
    '40.1 to 59.9'
    """
    low, high = bounds(figure) if figure else (None, None)
    return "" if low is None or high is None else f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"


def score_interval(figure: Interval | None) -> str:
    """The bounds of a score between 0 and 1; empty where they are not known.

    >>> score_interval(Interval(0.5, 0.4012, 0.5989, 100))
    '0.401 to 0.599'
    """
    low, high = bounds(figure) if figure else (None, None)
    return "" if low is None or high is None else f"{low:.3f} to {high:.3f}"


_WRITERS = {
    "count": count,
    "share": percent,
    "score": score,
    "number": number,
    "ms": milliseconds,
    "usd": usd,
    "seconds": seconds,
    "size": size,
}


def cell(value: Cell, kind: Kind) -> str:
    """A cell of a table as its column's kind writes it."""
    if kind == "mark":
        return "yes" if value else ""
    if isinstance(value, (int, float)) and kind in _WRITERS:
        return _WRITERS[kind](value)
    return NOTHING if value is None else shown(str(value))


def shown(text: str, limit: int = 280) -> str:
    r"""Foreign text made harmless to look at: controls and direction marks become visible, long texts are cut.

    >>> shown("pay \u202ecod.exe")
    'pay [U+202E]cod.exe'
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_visible(character) for character in cut)


def _visible(character: str) -> str:
    if character in "\n\t":
        return " "
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in "\u200d\u200c":
        return f"[U+{ord(character):04X}]"
    return character


def breakable(text: str, limit: int = 280) -> "Markup":
    """Foreign text as :func:`shown` makes it, escaped, with places to break after the signs that join words.

    >>> breakable("a_b<c")
    Markup('a_<wbr>b&lt;c')
    """
    from markupsafe import Markup, escape

    safe = str(escape(shown(text, limit)))
    return Markup(safe.replace("_", "_<wbr>").replace("/", "/<wbr>").replace(":", ":<wbr>"))  # noqa: S704  # escaped above
