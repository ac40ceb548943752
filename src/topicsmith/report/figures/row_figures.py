"""Figures made of rows: dots with whiskers, pairs of bars, heat tables. Geometry only; the templates draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from topicsmith.dataset.statistics import TopicRows
from topicsmith.report.figures.axes import Axis, Tick, share_axis, value_axis
from topicsmith.report.formatting import count, interval, percent
from topicsmith.report.view_model import Candidate, Matrix, bare, bounds, f1_of, recall_of
from topicsmith.statistics.intervals import Interval

Shape = Literal["dot", "ring", "square", "diamond"]
COLOURS = 20


@dataclass(frozen=True)
class Marker:
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
    marks: tuple[Marker, ...]
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


def marker(axis: Axis, figure: Interval, shape: Shape, colour: str, lane: int = 0) -> Marker:
    """``figure`` on ``axis``."""
    low, high = (None if end is None else axis.place(end) for end in bounds(figure))
    return Marker(axis.place(figure.value), low, high, shape, colour, lane)


def extent(figures: Sequence[Interval]) -> list[float]:
    """All values and whisker ends."""
    ends = [end for figure in figures for end in (figure.value, *bounds(figure))]
    return [end for end in ends if end is not None]


def tick_percent(value: float) -> str:
    """A tick of a share axis."""
    return percent(value, 0)


OFF = "off the scale, to the left"


def without_baseline(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The candidates but the baseline, which would stretch every axis; all of them where few others are left."""
    others = [c for c in candidates if not c.is_baseline]
    return others if len(others) > 1 else candidates


def off_scale(c: Candidate, axis: Axis, figure: Interval) -> bool:
    """Whether ``c`` is a baseline that lies beyond ``axis``, so that no marker of it is drawn."""
    return c.is_baseline and figure.value < axis.low


def accuracy_figure(candidates: Sequence[Candidate]) -> DotFigure | None:
    """Accuracy of every candidate with its interval, best first."""
    if not candidates:
        return None
    axis = share_axis(extent([c.accuracy for c in without_baseline(candidates)]), tick_percent)
    rows = []
    for c in candidates:
        off = off_scale(c, axis, c.accuracy)
        note = "best" if c.rank == 1 else "may be the best" if c.tied_with_best else OFF if off else ""
        note = note or ("set aside on validation rows" if c.stood_for else "")
        marks = () if off else (marker(axis, c.accuracy, "dot", candidate_colour(c.rank)),)
        rows.append(DotRow(c.name, marks, percent(c.accuracy.value), interval(c.accuracy), c.rank, note))
    said = "; ".join(f"{row.label} {row.value} ({row.detail})" for row in rows[:8])
    return DotFigure(f"Accuracy with 95 % intervals, best first: {said}", axis.ticks, tuple(rows))


def named_figure(
    title: str, entries: Sequence[tuple[str, Interval]], colour: str = "ink", notes: Sequence[str] = ()
) -> DotFigure | None:
    """One share with its interval per line, all in one colour."""
    if not entries:
        return None
    axis = share_axis(extent([e for _, e in entries]), tick_percent)
    rows = tuple(
        DotRow(name, (marker(axis, e, "dot", colour),), percent(e.value), interval(e), note=note)
        for (name, e), note in zip(entries, notes or [""] * len(entries), strict=True)
    )
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:10])
    return DotFigure(f"{title}: {said}", axis.ticks, rows)


def bias_figure(candidates: Sequence[Candidate]) -> DotFigure | None:
    """Accuracy on agreed rows by their label (ring), by the truth (diamond), and on all rows by the truth (dot)."""
    shown = [c for c in candidates if c.bias.all_by_truth and (c.bias.agreed_by_label or c.bias.agreed_by_truth)]
    figures = [e for c in shown for e in (c.bias.agreed_by_label, c.bias.agreed_by_truth, c.bias.all_by_truth) if e]
    if not shown:
        return None
    axis = share_axis(extent(figures), tick_percent)
    return DotFigure(
        "Accuracy on agreed rows only against accuracy on all rows, for every candidate; the table has the figures",
        axis.ticks,
        tuple(_bias_row(c, axis) for c in shown),
    )


def _bias_row(c: Candidate, axis: Axis) -> DotRow:
    colour = candidate_colour(c.rank)
    shapes: tuple[tuple[Interval | None, Shape, int], ...] = (
        (c.bias.agreed_by_label, "ring", -9),
        (c.bias.agreed_by_truth, "diamond", 0),
        (c.bias.all_by_truth, "dot", 9),
    )
    marks = tuple(marker(axis, figure, shape, colour, lane) for figure, shape, lane in shapes if figure)
    everywhere, flattering = c.bias.all_by_truth, c.bias.agreed_by_label or c.bias.agreed_by_truth
    detail = f"agreed rows {percent(flattering.value)}" if flattering else ""
    return DotRow(c.name, marks, percent(everywhere.value if everywhere else None), detail, c.rank)


def topic_figure(best: Candidate, most: int = 24) -> DotFigure | None:
    """F1 of each topic (dot) between its precision and recall, weakest first, at most ``most`` topics."""
    scored = sorted((t for t in best.by_topic if t.support), key=lambda t: (t.f1, t.topic))
    if not scored:
        return None
    parts = [
        e for t in scored for e in (f1_of(t), recall_of(t), None if t.precision is None else bare(t.precision)) if e
    ]
    axis = share_axis(extent(parts), tick_percent)
    rows = []
    for topic in scored[:most]:
        marks = [marker(axis, f1_of(topic), "dot", candidate_colour(best.rank), -6)]
        recall = recall_of(topic)
        if recall:
            marks.append(marker(axis, recall, "ring", "muted", 6))
        if topic.precision is not None:
            marks.append(marker(axis, bare(topic.precision), "diamond", "muted", 6))
        rows_said = count(topic.support) + (" row" if topic.support == 1 else " rows")
        rows.append(DotRow(topic.topic, tuple(marks), percent(topic.f1), rows_said))
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


def balance_figure(topics: Sequence[TopicRows], most: int = 24) -> BarFigure | None:
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
