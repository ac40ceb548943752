"""Published figures beside those of this run: accuracy, prompt versions, cost against accuracy, topics."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from topicsmith.report import formatting
from topicsmith.report.content import ReportContent
from topicsmith.report.figures import row_figures, xy
from topicsmith.report.figures.axes import Axis, log_axis, share_axis, value_axis
from topicsmith.report.figures.row_figures import BarFigure, BarRow, DotFigure, DotRow
from topicsmith.report.figures.xy import Plot, Point
from topicsmith.report.reference.data import Published, PublishedResult
from topicsmith.report.view_model import Candidate
from topicsmith.statistics.intervals import Interval

T = TypeVar("T", Candidate, PublishedResult)


def accuracy(content: ReportContent) -> DotFigure:
    """Every published accuracy and every one of this run, highest first."""
    theirs = content.published.results
    axis = _axis([r.accuracy for r in theirs] + [c.accuracy for c in row_figures.without_baseline(content.candidates)])
    rows = [(r.accuracy.value, _published_row(r, axis)) for r in theirs]
    rows += [(c.accuracy.value, _own_row(c, axis)) for c in content.candidates]
    rows.sort(key=lambda item: -item[0])
    alt = "Accuracy of this run's candidates beside the published accuracies, which were measured on other data"
    return DotFigure(alt, axis.ticks, tuple(row for _, row in rows))


def prompts(content: ReportContent) -> DotFigure:
    """Models asked with several prompt versions: this run's first, then the published ones."""
    ours = _several(content.candidates, lambda c: c.model or c.kind)
    theirs = _several([r for r in content.published.results if r.prompt], lambda r: r.model)
    axis = _axis([*(c.accuracy for c in ours), *(r.accuracy for r in theirs)])
    rows = [
        DotRow(
            f"{c.model or c.kind}, {c.prompt}",
            (row_figures.marker(axis, c.accuracy, "dot", row_figures.candidate_colour(c.rank)),),
            formatting.percent(c.accuracy.value), formatting.interval(c.accuracy), c.rank, c.name,
        )
        for c in ours
    ] + [_published_row(r, axis) for r in theirs]  # fmt: skip
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:12])
    return DotFigure(f"Accuracy by prompt version: {said}", axis.ticks, tuple(rows))


def cost_against_accuracy(content: ReportContent) -> Plot:
    """What 1,000 texts cost against accuracy: published results by letter, this run's candidates by number."""
    theirs = [(r, r.usd_per_1k) for r in content.published.results if r.usd_per_1k]
    ours = [(c, c.usd_per_1k) for c in content.candidates if c.usd_per_1k and not c.is_baseline]
    found = [*((r.accuracy, usd) for r, usd in theirs), *((c.accuracy, usd) for c, usd in ours)]
    prices = [usd for _, usd in found]
    x = log_axis(prices, formatting.usd, most=xy.ticks_of(prices))
    y = _axis([estimate for estimate, _ in found])
    spots = [(x.place(usd), xy.upright(y, estimate.value)) for estimate, usd in found]
    offsets = xy.offsets(spots)
    points = [
        _point(r.accuracy, y, spot, offset, rank=0, name=f"{r.name} (published)", letter=chr(ord("A") + at))
        for at, ((r, _), spot, offset) in enumerate(zip(theirs, spots, offsets, strict=False))
    ] + [
        _point(c.accuracy, y, spot, offset, rank=c.rank, name=c.name)
        for (c, _), spot, offset in zip(ours, spots[len(theirs) :], offsets[len(theirs) :], strict=True)
    ]
    alt = "Accuracy against the cost of 1,000 texts, published and of this run: " + "; ".join(
        f"{r.name} {formatting.percent(r.accuracy.value)} at {formatting.usd(usd)}" for r, usd in theirs
    )
    return Plot(alt, "cost of 1,000 texts", "accuracy", x.ticks, xy.flipped(y), tuple(points))


def topics(published: Published) -> BarFigure:
    """The published shares of topics before and after balancing."""
    axis = value_axis([100 * max(t.original, t.balanced) for t in published.topics], lambda v: f"{v:g}", most=5)
    rows = tuple(
        BarRow(
            t.topic, axis.place(100 * t.original), axis.place(100 * t.balanced),
            f"{100 * t.original:g} → {100 * t.balanced:g}",
        )
        for t in published.topics
    )  # fmt: skip
    said = "; ".join(f"{row.label} {row.value}" for row in rows)
    return BarFigure(f"Published shares of topics in per cent before and after balancing: {said}", axis.ticks, rows)


def _several(found: Sequence[T], model: Callable[[T], str]) -> list[T]:
    """Those whose model was asked with more than one prompt, models together, prompts in order."""
    groups: dict[str, list[T]] = {}
    for each in found:
        if each.prompt:
            groups.setdefault(model(each), []).append(each)
    return [
        each
        for group in groups.values()
        if len({g.prompt for g in group}) > 1
        for each in sorted(group, key=lambda g: g.prompt or "")
    ]


def _axis(estimates: list[Interval]) -> Axis:
    return share_axis(row_figures.extent(estimates), row_figures.tick_percent)


def _point(
    accuracy: Interval, y: Axis, spot: tuple[float, float], offset: tuple[int, int], *, rank: int, name: str,
    letter: str = "",
) -> Point:  # fmt: skip
    colour = "muted" if letter else row_figures.candidate_colour(rank)
    return Point(rank, name, *spot, *xy.whisker(y, accuracy), colour, *offset, letter)


def _published_row(result: PublishedResult, axis: Axis) -> DotRow:
    marks = (row_figures.marker(axis, result.accuracy, "square", "muted"),)
    note = "published" if result.fine_tuned else "published, prompted"
    return DotRow(
        result.name, marks, formatting.percent(result.accuracy.value), formatting.interval(result.accuracy), note=note
    )


def _own_row(c: Candidate, axis: Axis) -> DotRow:
    off = row_figures.off_scale(c, axis, c.accuracy)
    marks = () if off else (row_figures.marker(axis, c.accuracy, "dot", row_figures.candidate_colour(c.rank)),)
    note = row_figures.OFF if off else ""
    return DotRow(c.name, marks, formatting.percent(c.accuracy.value), formatting.interval(c.accuracy), c.rank, note)
