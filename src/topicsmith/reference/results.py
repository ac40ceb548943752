"""The published experiment's results read through our statistics: which of its rows differ significantly.

The experiment gives an accuracy and a number of rows for each result, not which rows were right. So its results are
compared as independent samples: on the same rows a paired test could tell closer ones apart, but nobody outside can
make it. Macro F1 has no published uncertainty and cannot be tested at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt
from statistics import NormalDist

from topicsmith.statistics.intervals import Interval, wilson
from topicsmith.statistics.paired import LEVEL, POWER, holm

ASKED = 1307
LOST = {("Qwen3-14B", "v3"): 45}
"""Requests of 1,307 that had no answer in the end (section "Reliability at scale"); known for this one row only."""


@dataclass(frozen=True)
class EveryRowAsked:
    """Accuracy over all rows asked, as far as it can be known.

    Of ``asked`` rows ``lost`` had no answer and are wrong; ``uncounted`` further ones are in no published figure.
    ``low`` takes all of these as wrong and ``high`` as right: no sampling interval, for what was not counted is no
    chance. ``as_counted`` supposes that they were right as often as those counted.
    """

    asked: int
    lost: int
    uncounted: int
    as_counted: float
    low: float
    high: float


@dataclass(frozen=True)
class PublishedRow:
    """One published result: accuracy over the ``n`` rows that were counted, and over all rows asked where known."""

    name: str
    n: int
    accuracy: Interval
    macro_f1: float
    every_row: EveryRowAsked | None


@dataclass(frozen=True)
class PublishedPair:
    """Two published results: their difference, and whether it can be told from chance.

    ``p_value`` is Fisher's exact test, ``p_adjusted`` Holm's correction over all pairs; ``rows_needed`` is how many
    rows each would need to differ significantly in four cases out of five (``None`` when they are equal).
    """

    first: str
    second: str
    difference: Interval
    p_value: float
    p_adjusted: float
    apart: bool
    rows_needed: int | None


@dataclass(frozen=True)
class PublishedReading:
    """The whole table: ``rows`` most accurate first, every pair of them, and the rows without a number of rows."""

    source: str
    rows: tuple[PublishedRow, ...]
    pairs: tuple[PublishedPair, ...]
    without_n: tuple[str, ...]

    def tied_with(self, name: str) -> list[str]:
        """The results that cannot be told from ``name``."""
        return [
            pair.second if pair.first == name else pair.first
            for pair in self.pairs
            if not pair.apart and name in {pair.first, pair.second}
        ]


def read_published(document: Mapping[str, object], level: float = LEVEL) -> PublishedReading:
    """Read the table in ``document``: the experiment's figures as shipped with the package."""
    entries = document["fine_tuned"]
    base = document.get("base", [])
    assert isinstance(entries, list)
    assert isinstance(base, list)
    counted = [entry for entry in entries if entry["n"] is not None]
    rows = sorted((_row(entry) for entry in counted), key=lambda row: (-row.accuracy.value, row.name))
    pairs = list(combinations(rows, 2))
    p_values = [_fisher(a.accuracy, b.accuracy) for a, b in pairs]
    read = tuple(
        PublishedPair(
            a.name,
            b.name,
            newcombe(a.accuracy, b.accuracy),
            p,
            adjusted,
            adjusted <= level,
            rows_needed(a.accuracy.value, b.accuracy.value),
        )
        for (a, b), p, adjusted in zip(pairs, p_values, holm(p_values), strict=True)
    )
    without = [_name(entry) for entry in entries if entry["n"] is None] + [str(entry["model"]) for entry in base]
    return PublishedReading(str(document["source"]), tuple(rows), read, tuple(without))


def newcombe(first: Interval, second: Interval) -> Interval:
    """The difference of two independent proportions with Newcombe's interval, from their Wilson intervals.

    Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, 873-890, method 10.
    """
    difference = first.value - second.value
    low = difference - sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    high = difference + sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Interval(difference, low, high, min(first.n, second.n), first.level, "newcombe")


def rows_needed(first: float, second: float, level: float = LEVEL, power: float = POWER) -> int | None:
    """Rows in each of two independent samples that tell two proportions apart; ``None`` when they are equal.

    Source: Fleiss, Levin, Paik 2003, "Statistical methods for rates and proportions", equation 4.14.

    >>> rows_needed(0.6, 0.5)
    388
    """
    if first == second:
        return None
    mean = (first + second) / 2
    alpha, beta = NormalDist().inv_cdf(1 - level / 2), NormalDist().inv_cdf(power)
    spread = alpha * sqrt(2 * mean * (1 - mean)) + beta * sqrt(first * (1 - first) + second * (1 - second))
    return ceil((spread / (first - second)) ** 2)


def summary(reading: PublishedReading) -> list[str]:
    """What the table says and what it does not, as lines."""
    best = reading.rows[0]
    ties = reading.tied_with(best.name)
    by_f1 = sorted(reading.rows, key=lambda row: -row.macro_f1)[: len(ties) + 1]
    lines = [
        f"Best by accuracy: {best.name}; not significantly different from it: {', '.join(ties) or 'none'}.",
        f"By macro F1 the order is {', '.join(f'{row.name} {row.macro_f1:.4f}' for row in by_f1)}.",
    ]
    lines.extend(
        f"{row.name}: {100 * row.accuracy.value:.1f} % is of {row.n:,} rows. With its {found.lost} unanswered of "
        f"{found.asked:,} counted as wrong it lies between {100 * found.low:.1f} and {100 * found.high:.1f} %, for "
        f"{found.uncounted} further rows were never counted; "
        f"{100 * found.as_counted:.1f} % if those were as often right."
        for row in reading.rows
        if (found := row.every_row) is not None
    )
    apart = sum(pair.apart for pair in reading.pairs)
    lines.append(f"{apart} of {len(reading.pairs)} pairs differ significantly, {len(reading.pairs) - apart} do not.")
    lines.append(f"No number of rows was published, so nothing can be said of: {', '.join(reading.without_n)}.")
    return lines


def _row(entry: Mapping[str, object]) -> PublishedRow:
    n, accuracy = int(str(entry["n"])), float(str(entry["accuracy"]))
    right = round(accuracy * n)
    lost = LOST.get((str(entry["model"]), str(entry["prompt"])))
    every = None if lost is None else _every_row(right, n, lost)
    return PublishedRow(_name(entry), n, wilson(right, n), float(str(entry["macro_f1"])), every)


def _every_row(right: int, n: int, lost: int) -> EveryRowAsked:
    uncounted = ASKED - lost - n
    supposed = right / n * (ASKED - lost) / ASKED
    return EveryRowAsked(ASKED, lost, uncounted, supposed, right / ASKED, (right + uncounted) / ASKED)


def _name(entry: Mapping[str, object]) -> str:
    parts: Sequence[object] = [entry["model"], entry.get("prompt"), entry.get("note")]
    return ", ".join(str(part) for part in parts if part is not None)


def _fisher(first: Interval, second: Interval) -> float:
    from scipy.stats import fisher_exact

    table = [[round(i.value * i.n), i.n - round(i.value * i.n)] for i in (first, second)]
    return float(fisher_exact(table).pvalue)
