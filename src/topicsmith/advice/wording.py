"""Numbers and lists as a person reads them, for sentences made from measurements."""

from collections.abc import Sequence
from math import floor, isnan, log10

from topicsmith.statistics.intervals import Interval


def percent(value: float) -> str:
    """A share as a percentage.

    >>> percent(0.9342)
    '93.4 %'
    """
    return "unknown" if isnan(value) else f"{100 * value:.1f} %"


def interval_text(interval: Interval) -> str:
    """A share with its interval.

    >>> interval_text(Interval(0.9342, 0.9186, 0.9471, 1155))
    '93.4 % [91.9, 94.7]'
    """
    return f"{percent(interval.value)} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def money(usd: float | None) -> str:
    """Dollars, with enough digits for small sums; an unknown sum is said to be unknown.

    >>> money(19.25), money(0.00031), money(0.0000033), money(None)
    ('$19.25', '$0.00031', '$0.0000033', 'an unknown price')
    """
    if usd is None:
        return "an unknown price"
    if usd <= 0 or usd >= 0.1:
        return f"${usd:,.2f}"
    return f"${usd:.{1 - floor(log10(usd))}f}"


def join(names: Sequence[str]) -> str:
    """Names in a row.

    >>> join(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
