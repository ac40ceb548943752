"""Figures made of rows: dots with whiskers, pairs of bars, heat tables. Geometry only; the templates draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from topicsmith.report.figures.axes import Axis, Tick, share_axis, value_axis
from topicsmith.report.formatting import count, interval, percent
from topicsmith.report.parts import Candidate, Estimate, Matrix, TopicShare

Shape = Literal["dot", "ring", "square", "diamond"]
COLOURS = 20


@dataclass(frozen=True)
class Mark:
    """One figure on a track, in per cent of its width; ``low`` and ``high`` are the whisker's ends.

    ``lane`` is how many pixels below the middle it stands, so that whiskers on one track do not cover each other.
    """

    at: float
    low: float | None
    high: float | None
    shape: Shape
    colour: str
    lane: int = 0


@dataclass(frozen=True)
class DotRow:
    """One line of a dot figure; ``chip`` is a candidate's rank, ``note`` what stands small under the name."""

    label: str
    marks: tuple[Mark, ...]
    value: str
    detail: str = ""
    chip: int | None = None
    note: str = ""


@dataclass(frozen=True)
class DotFigure:
    """Dots with whiskers, a line for each thing measured."""

    alt: str
    ticks: tuple[Tick, ...]
    rows: tuple[DotRow, ...]


def candidate_colour(rank: int) -> str:
    """The colour class of the candidate with this rank, the same everywhere on the page."""
    return f"c{(rank - 1) % COLOURS}"


def mark(axis: Axis, estimate: Estimate, shape: Shape, colour: str, lane: int = 0) -> Mark:
    """``estimate`` on ``axis``."""
    low = axis.place(estimate.low) if estimate.low is not None else None
    high = axis.place(estimate.high) if estimate.high is not None else None
    return Mark(axis.place(estimate.value), low, high, shape, colour, lane)


def extent(estimates: Sequence[Estimate]) -> list[float]:
    """All values and whisker ends."""
    ends = [end for e in estimates for end in (e.value, e.low, e.high)]
    return [end for end in ends if end is not None]


def tick_percent(value: float) -> str:
    """A tick of a share axis."""
    return percent(value, 0)


OFF = "off the scale, to the left"
FLOOR = "majority"
"""The kind that answers the commonest topic: a floor to compare with, far below the others as a rule."""


def without_floor(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The candidates but the floor, which would stretch every axis; all of them where few others are left."""
    others = [c for c in candidates if c.kind != FLOOR]
    return others if len(others) > 1 else candidates


def off_scale(c: Candidate, axis: Axis, estimate: Estimate) -> bool:
    """Whether ``c`` is a floor that lies beyond ``axis``, so that no mark of it is drawn."""
    return c.kind == FLOOR and estimate.value < axis.low


def accuracy_figure(candidates: Sequence[Candidate]) -> DotFigure | None:
    """Accuracy of every candidate with its interval, best first."""
    if not candidates:
        return None
    axis = share_axis(extent([c.accuracy for c in without_floor(candidates)]), tick_percent)
    rows = []
    for c in candidates:
        off = off_scale(c, axis, c.accuracy)
        note = "best" if c.rank == 1 else "tied with the best" if c.tied_with_best else OFF if off else ""
        note = note or ("set aside on validation rows" if c.stood_for else "")
        marks = () if off else (mark(axis, c.accuracy, "dot", candidate_colour(c.rank)),)
        rows.append(DotRow(c.name, marks, percent(c.accuracy.value), interval(c.accuracy), c.rank, note))
    said = "; ".join(f"{row.label} {row.value} ({row.detail})" for row in rows[:8])
    return DotFigure(f"Accuracy with 95 % intervals, best first: {said}", axis.ticks, tuple(rows))


def named_figure(
    title: str, entries: Sequence[tuple[str, Estimate]], colour: str = "ink", notes: Sequence[str] = ()
) -> DotFigure | None:
    """One share with its interval per line, all in one colour."""
    if not entries:
        return None
    axis = share_axis(extent([e for _, e in entries]), tick_percent)
    rows = tuple(
        DotRow(name, (mark(axis, e, "dot", colour),), percent(e.value), interval(e), note=note)
        for (name, e), note in zip(entries, notes or [""] * len(entries), strict=True)
    )
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:10])
    return DotFigure(f"{title}: {said}", axis.ticks, rows)


def bias_figure(candidates: Sequence[Candidate]) -> DotFigure | None:
    """Accuracy on agreed rows by their label (ring), by the truth (diamond), and on all rows by the truth (dot)."""
    shown = [
        c for c in candidates if c.bias and c.bias.all_by_truth and (c.bias.agreed_by_label or c.bias.agreed_by_truth)
    ]
    estimates = [
        e for c in shown if c.bias for e in (c.bias.agreed_by_label, c.bias.agreed_by_truth, c.bias.all_by_truth) if e
    ]
    if not shown:
        return None
    axis = share_axis(extent(estimates), tick_percent)
    return DotFigure(
        "Accuracy on agreed rows only against accuracy on all rows, for every candidate; the table has the figures",
        axis.ticks,
        tuple(_bias_row(c, axis) for c in shown),
    )


def _bias_row(c: Candidate, axis: Axis) -> DotRow:
    assert c.bias is not None
    colour = candidate_colour(c.rank)
    shapes: tuple[tuple[Estimate | None, Shape, int], ...] = (
        (c.bias.agreed_by_label, "ring", -9),
        (c.bias.agreed_by_truth, "diamond", 0),
        (c.bias.all_by_truth, "dot", 9),
    )
    marks = tuple(mark(axis, estimate, shape, colour, lane) for estimate, shape, lane in shapes if estimate)
    everywhere, flattering = c.bias.all_by_truth, c.bias.agreed_by_label or c.bias.agreed_by_truth
    detail = f"agreed rows {percent(flattering.value)}" if flattering else ""
    return DotRow(c.name, marks, percent(everywhere.value if everywhere else None), detail, c.rank)


def topic_figure(best: Candidate, most: int = 24) -> DotFigure | None:
    """F1 of each topic (dot) between its precision and recall, weakest first, at most ``most`` topics."""
    scored = sorted(
        (t for t in best.by_topic if t.f1 and t.support), key=lambda t: (t.f1.value if t.f1 else 0, t.topic)
    )
    if not scored:
        return None
    parts = [
        e for t in scored for e in (t.f1, t.recall, Estimate(t.precision) if t.precision is not None else None) if e
    ]
    axis = share_axis(extent(parts), tick_percent)
    rows = []
    for topic in scored[:most]:
        marks = [mark(axis, topic.f1, "dot", candidate_colour(best.rank), -6)] if topic.f1 else []
        if topic.recall:
            marks.append(mark(axis, topic.recall, "ring", "muted", 6))
        if topic.precision is not None:
            marks.append(mark(axis, Estimate(topic.precision), "diamond", "muted", 6))
        value = percent(topic.f1.value if topic.f1 else None)
        rows.append(
            DotRow(topic.topic, tuple(marks), value, count(topic.support) + (" row" if topic.support == 1 else " rows"))
        )
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:10])
    return DotFigure(f"F1 by topic of {best.name}, weakest first: {said}", axis.ticks, tuple(rows))


@dataclass(frozen=True)
class BarRow:
    """A topic with two widths in per cent."""

    label: str
    before: float
    after: float
    value: str


@dataclass(frozen=True)
class BarFigure:
    """Pairs of bars."""

    alt: str
    ticks: tuple[Tick, ...]
    rows: tuple[BarRow, ...]


def balance_figure(topics: Sequence[TopicShare], most: int = 24) -> BarFigure | None:
    """Training rows of each topic before and after balancing, largest first; of many topics those at both ends."""
    half = most // 2
    shown = topics if len(topics) <= most else [*topics[:half], *topics[-half:]]
    if not shown:
        return None
    axis = value_axis([max(t.before, t.after) for t in shown], count, most=4)
    rows = tuple(
        BarRow(t.topic, axis.place(t.before), axis.place(t.after), f"{count(t.before)} → {count(t.after)}")
        for t in shown
    )
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:10])
    return BarFigure(f"Training rows by topic before and after balancing: {said}", axis.ticks, rows)


@dataclass(frozen=True)
class HeatCell:
    """A count, and how dark it is from 0 to 10 by its share of the row."""

    text: str
    level: int
    diagonal: bool


@dataclass(frozen=True)
class HeatFigure:
    """A matrix of counts; ``small`` ones are tables with figures, large ones are drawn as a grid of squares."""

    alt: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
    small: bool


def heat_figure(alt: str, matrix: Matrix | None, small: int = 20) -> HeatFigure | None:
    """``matrix`` with every row coloured by its own total; a last column without counts is left out."""
    if matrix is None:
        return None
    keep = len(matrix.columns)
    if keep > len(matrix.rows) and not any(row[-1] for row in matrix.counts):
        keep -= 1
    cells = tuple(
        tuple(
            HeatCell(count(n) if n else "", _level(n, sum(row)), matrix.columns[at] == name)
            for at, n in enumerate(row[:keep])
        )
        for name, row in zip(matrix.rows, matrix.counts, strict=True)
    )
    return HeatFigure(alt, matrix.rows, matrix.columns[:keep], cells, len(matrix.rows) <= small)


def _level(n: int, of: int) -> int:
    return max(1, round(10 * n / of)) if n else 0
