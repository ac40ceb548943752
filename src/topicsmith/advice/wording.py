"""Numbers and lists as a person reads them, for sentences made from measurements."""

from collections.abc import Sequence
from math import floor, isnan, log10

from topicsmith.evaluation.results import Evaluation
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


def accuracy_text(e: Evaluation, audited: Interval | None) -> str:
    """How right a candidate is, for a headline: by a person's audit where there is one, and otherwise on the test rows.

    Of the most accurate of several it is the figure corrected for having been chosen, beside the plain one.
    """
    if audited is not None:
        return f"right on {interval_text(audited)} of all rows by a person's audit"
    rows = f"{e.n:,} {'agreed ' if e.truth == 'labels' else ''}test rows"
    if e.chosen_accuracy is None:
        return f"right on {interval_text(e.accuracy)} of {rows}"
    plain, corrected = percent(e.accuracy.value), percent(e.chosen_accuracy.value)
    said = f"right on {interval_text(e.chosen_accuracy)} of rows like the {rows}"
    if plain == corrected:
        return f"{said}, which allows for its having been chosen on them"
    return f"{said}: it was chosen for being right on {plain} of them, which flatters"


def points(share: float) -> str:
    """A difference of two shares, in points.

    >>> points(0.0234), points(0.01), points(-0.002)
    ('2.3 points', '1.0 point', '-0.2 points')
    """
    said = f"{100 * share:.1f}"
    return f"{said} {'point' if said == '1.0' else 'points'}"


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
