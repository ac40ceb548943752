"""Figures with two axes: histograms, scatter with frontier, curves. Places are in per cent of width and height."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from topicsmith.dataset.statistics import TokenHistogram
from topicsmith.evaluation.confidence.measure import Confidence
from topicsmith.report.figures.axes import Axis, Tick, log_axis, share_axis, value_axis
from topicsmith.report.figures.row_figures import Shape, candidate_colour, extent, tick_percent
from topicsmith.report.formatting import count
from topicsmith.report.view_model import Candidate, Load, PlottedCurve, bounds
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class Point:
    """A candidate on two axes; ``low`` and ``high`` are the ends of its upright whisker, from the top.

    ``dx`` and ``dy`` are where its number stands, in pixels from the dot; a published result has a ``letter`` instead.
    """

    rank: int
    name: str
    x: float
    y: float
    low: float | None
    high: float | None
    colour: str
    dx: int
    dy: int
    letter: str = ""


Dot = tuple[float, float, float | None, float | None]
"""Where a mark of a line stands, and the ends of its whisker."""


@dataclass(frozen=True)
class PolyLine:
    """A polyline in a 100 by 100 box, y downwards; ``shape`` is how its ``dots`` are drawn."""

    points: str
    colour: str
    label: str = ""
    dots: tuple[Dot, ...] = ()
    shape: Shape = "dot"


@dataclass(frozen=True)
class Plot:
    """Two axes and what is drawn between them."""

    alt: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    points: tuple[Point, ...] = ()
    lines: tuple[PolyLine, ...] = ()
    areas: tuple[PolyLine, ...] = ()


def upright(axis: Axis, value: float) -> float:
    """Where ``value`` stands from the top."""
    return round(100 - axis.place(value), 2)


def whisker(axis: Axis, figure: Interval) -> tuple[float | None, float | None]:
    """Where the ends of an upright whisker stand from the top."""
    low, high = (None if end is None else upright(axis, end) for end in bounds(figure))
    return low, high


def flipped(axis: Axis) -> tuple[Tick, ...]:
    """The ticks of an upright axis, from the top."""
    return tuple(Tick(round(100 - tick.at, 2), tick.text) for tick in axis.ticks)


def token_plot(histogram: TokenHistogram) -> Plot:
    """Histograms of tokens on a logarithmic axis, the query's and the whole conversation's."""
    used = {"query": histogram.query, "conversation": histogram.trace}
    edges = histogram.edges
    starts = [e for counts in used.values() for e, n in zip(edges, counts, strict=False) if n]
    tops = [e for counts in used.values() for e, n in zip(edges[1:], counts, strict=False) if n]
    x = log_axis([max(min(starts), 1), *tops], count)
    y = value_axis([n for counts in used.values() for n in counts], count, most=4)
    areas = tuple(PolyLine(_steps(edges, counts, x, y), f"area-{name}", name) for name, counts in used.items())
    alt = "How many tokens queries and whole conversations have, as two histograms; the table has the counts"
    return Plot(alt, "tokens", "rows", x.ticks, flipped(y), areas=areas)


def _steps(edges: Sequence[int], counts: Sequence[int], x: Axis, y: Axis) -> str:
    corners = [(x.place(edges[0]), 100.0)]
    for left, right, n in zip(edges, edges[1:], counts, strict=False):
        corners += [(x.place(left), upright(y, n)), (x.place(right), upright(y, n))]
    corners.append((x.place(edges[-1]), 100.0))
    return " ".join(f"{a:g},{b:g}" for a, b in corners)


def ticks_of(values: Sequence[float]) -> int:
    """How many ticks an axis of these has room for on a phone: small prices are long."""
    return 3 if min(values, default=1.0) < 0.001 else 5


def scatter(
    candidates: Sequence[Candidate],
    measure: Callable[[Candidate], float | None],
    title: str,
    write: Callable[[float], str],
) -> Plot | None:
    """Accuracy against ``measure``, less being better, with the frontier of candidates no other one beats in both."""
    placed = [(c, value) for c in candidates if (value := measure(c)) is not None]
    if len(placed) < 2:
        return None
    values = [value for _, value in placed]
    spread = min(values) > 0 and max(values) > 8 * min(values)
    x = log_axis(values, write, most=ticks_of(values)) if spread else value_axis(values, write, most=4)
    y = share_axis(extent([c.accuracy for c, _ in placed]), tick_percent)
    spots = [(x.place(value), upright(y, c.accuracy.value)) for c, value in placed]
    points = tuple(
        Point(
            c.rank, c.name, *spot, *whisker(y, c.accuracy), candidate_colour(c.rank), *offset,
        )
        for (c, _), spot, offset in zip(placed, spots, offsets(spots), strict=True)
    )  # fmt: skip
    alt = f"Accuracy against {title}: " + "; ".join(
        f"{c.name} {tick_percent(c.accuracy.value)} at {write(value)}" for c, value in placed[:8]
    )
    frontier = PolyLine(_frontier(placed, x, y), "frontier")
    return Plot(alt, title, "accuracy", x.ticks, flipped(y), points, (frontier,))


def _frontier(placed: Sequence[tuple[Candidate, float]], x: Axis, y: Axis) -> str:
    best = -1.0
    corners: list[tuple[float, float]] = []
    for candidate, value in sorted(placed, key=lambda item: (item[1], -item[0].accuracy.value)):
        if candidate.accuracy.value > best:
            if corners:
                corners.append((x.place(value), corners[-1][1]))
            best = candidate.accuracy.value
            corners.append((x.place(value), upright(y, best)))
    corners.append((100.0, corners[-1][1]))
    return " ".join(f"{a:g},{b:g}" for a, b in corners)


_AROUND = ((13, -7), (-13, -7), (13, 15), (-13, 15), (14, 4), (-14, 4), (26, -7), (-26, -7), (26, 15), (-26, 15))
_WIDTH, _HEIGHT, _ROOM = 4.0, 3.2, 13.0  # pixels per per cent on a narrow screen; room a number needs


def offsets(spots: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Where each number stands so that it covers neither a dot nor another number, as far as there is room."""
    dots = [(x * _WIDTH, y * _HEIGHT) for x, y in spots]
    taken = list(dots)
    chosen = []
    for x, y in dots:
        others = [spot for spot in taken if spot != (x, y)]
        offset = max(_AROUND, key=lambda o: min(_gap((x + o[0], y + o[1] - 4), others), _ROOM))
        taken.append((x + offset[0], y + offset[1] - 4))
        chosen.append(offset)
    return chosen


def _gap(spot: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    return min((max(abs(spot[0] - x), abs(spot[1] - y)) for x, y in others), default=_ROOM)


WHISKERED = 12
"""The most points of a curve that are drawn with their whiskers."""


def curve_plot(
    curves: Sequence[PlottedCurve], ranks: dict[str, int], x_title: str, y_title: str, shares: bool
) -> Plot | None:
    """Curves of several candidates; ``shares`` says that x is a share and not a number of rows."""
    if not curves:
        return None
    xs = [p.x for curve in curves for p in curve.points]
    x = share_axis(xs, tick_percent, most=5) if shares else log_axis(xs, count, most=6)
    return _curves_on(curves, ranks, x, x_title, y_title)


def setting_plot(curves: Sequence[PlottedCurve], ranks: dict[str, int], setting: str) -> Plot | None:
    """Accuracy against a setting of sweeps, on a logarithmic axis where its values are all above zero."""
    chosen = [curve for curve in curves if curve.setting == setting]
    if not chosen:
        return None
    xs = [p.x for curve in chosen for p in curve.points]
    x = log_axis(xs, "{:g}".format, most=6) if min(xs) > 0 else value_axis(xs, "{:g}".format, most=6)
    return _curves_on(chosen, ranks, x, setting, "accuracy")


def _curves_on(curves: Sequence[PlottedCurve], ranks: dict[str, int], x: Axis, x_title: str, y_title: str) -> Plot:
    # many points are a line already, whiskers on each would hide it
    drawn = [end for c in curves for end in (extent([p.y for p in c.points]) if len(c.points) <= WHISKERED
                                             else [p.y.value for p in c.points])]  # fmt: skip
    y = share_axis(drawn, tick_percent)
    lines = []
    for curve in curves:
        spots = [(x.place(p.x), upright(y, p.y.value)) for p in curve.points]
        dots = tuple((*spot, *whisker(y, p.y)) for spot, p in zip(spots, curve.points, strict=True))
        colour = candidate_colour(ranks.get(curve.member, 1))
        few = len(dots) <= WHISKERED
        lines.append(PolyLine(" ".join(f"{a:g},{b:g}" for a, b in spots), colour, curve.candidate, dots if few else ()))
    whose = ", ".join(curve.candidate for curve in curves[:8])
    alt = f"{y_title} against {x_title} for {whose}; the table has the figures"
    return Plot(alt, x_title, y_title, x.ticks, flipped(y), lines=tuple(lines))


def reliability_plot(calibration: Confidence, rank: int) -> Plot | None:
    """Stated confidence against the share that was right; on the diagonal a confidence means what it says."""
    if not calibration.bins:
        return None
    x = share_axis([0.0, 1.0], tick_percent)
    dots = tuple(
        (x.place(b.confidence), upright(x, b.accuracy.value), *whisker(x, b.accuracy)) for b in calibration.bins
    )
    lines = (PolyLine("0,100 100,0", "frontier"), PolyLine("", candidate_colour(rank), calibration.candidate, dots))
    alt = f"Confidence of {calibration.candidate} against the share that was right; the table has the figures"
    return Plot(alt, "confidence", "right", x.ticks, flipped(x), lines=lines)


def load_plot(
    loads: Sequence[Load],
    ranks: Mapping[str, int],
    measure: Callable[[Load], Interval | None],
    title: str,
    write: Callable[[float], str],
) -> Plot | None:
    """A figure of the closed-loop load tests against how many texts are under way, both axes logarithmic."""
    closed = [(load, found) for load in loads if load.loop == "closed" and (found := measure(load)) and found.value > 0]
    if not closed:
        return None
    x = log_axis([load.concurrency for load, _ in closed], count, most=5)
    y = log_axis(extent([found for _, found in closed]), write, most=6)
    lines = []
    for name in dict.fromkeys(load.candidate for load, _ in closed):
        dots = tuple(
            (x.place(load.concurrency), upright(y, found.value), *whisker(y, found))
            for load, found in closed
            if load.candidate == name
        )
        points = " ".join(f"{a:g},{b:g}" for a, b, _, _ in dots)
        lines.append(PolyLine(points, candidate_colour(ranks.get(name, 1)), name, dots))
    alt = f"{title} against texts under way at once, in a closed loop; the table has the figures"
    return Plot(alt, "texts under way at once", title, x.ticks, flipped(y), lines=tuple(lines))
