"""Figures over the size of the model: training cost, and throughput, latency and cost of serving by prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from topicsmith.reference.sizes import CONCURRENT, PublishedServing
from topicsmith.report import formatting
from topicsmith.report.content import ReportContent
from topicsmith.report.figures import xy
from topicsmith.report.figures.axes import Axis, log_axis
from topicsmith.report.figures.row_figures import Shape, candidate_colour
from topicsmith.report.figures.xy import Dot, Plot, Point, PolyLine
from topicsmith.report.view_model import Candidate

LEAST_USD = 0.001
"""Costs below this are drawn at it: thousandths of a cent would stretch the axis and say nothing more."""

SHAPES: dict[str, Shape] = {"v1": "diamond", "v2": "ring", "v3": "square"}
"""How the published figures of each prompt version are drawn."""


@dataclass(frozen=True)
class SizedPoint:
    """A candidate of this run, its parameters, and a figure of it; ``service`` is an estimate at a service."""

    candidate: Candidate
    parameters: int
    value: float | None
    service: float | None = None


def training_figure(content: ReportContent) -> Plot:
    """Training cost against model size: this run's as paid and as a service would ask, and the published one."""
    ours = sized_training(content)
    theirs = [(t.parameters, t.usd) for t in content.published.training if t.parameters is not None]
    values = [v for p in ours for v in (p.value, p.service) if v] + [usd for _, usd in theirs]
    x = log_axis([*(p.parameters for p in ours), *(size for size, _ in theirs)], formatting.size, most=5)
    y = log_axis(values, formatting.usd, most=5)
    spots = [(p, (x.place(p.parameters), xy.upright(y, p.value))) for p in ours if p.value]
    offered = [
        PolyLine("", candidate_colour(p.candidate.rank), "", (_dot(x, y, p.parameters, p.service),), "ring")
        for p in ours
        if p.service
    ]
    published = _line([(size, usd) for size, usd in theirs], x, y, "muted", "published", "square")
    alt = "Training cost against model size, this run's and the published one: " + "; ".join(
        f"{p.candidate.name} ({formatting.size(p.parameters)}) {formatting.usd(p.value)}" for p in ours[:8]
    )
    return Plot(alt, "parameters", "training cost", x.ticks, xy.flipped(y), _numbered(spots), (published, *offered))


def sized_training(content: ReportContent) -> list[SizedPoint]:
    """The candidates whose size is known and whose training has a price, paid or estimated."""
    ranked = {c.name: c for c in content.candidates}
    found = []
    for cost in content.costs:
        training = cost.training
        if training and training.parameters and cost.candidate in ranked and (cost.training_usd or training.hosted_usd):
            paid, hosted = _at_least(cost.training_usd), _at_least(training.hosted_usd)
            found.append(SizedPoint(ranked[cost.candidate], training.parameters, paid, hosted))
    return found


def _at_least(usd: float | None) -> float | None:
    return max(usd, LEAST_USD) if usd else None


@dataclass(frozen=True)
class ServingFigures:
    """Three figures over the size of the model, at fifty requests under way."""

    throughput: Plot
    latency: Plot
    cost: Plot


def serving_figures(content: ReportContent) -> ServingFigures:
    """Requests a second, time and cost of 1,000 against model size: published by prompt, and this run's load tests."""
    loads = {load.candidate: load for load in content.loads if load.loop == "closed" and load.concurrency == CONCURRENT}
    sizes = {cost.candidate: cost.training.parameters for cost in content.costs if cost.training}
    sized = [(c, size) for c in content.candidates if (size := sizes.get(c.name))]

    def figure(
        title: str,
        write: Callable[[float], str],
        own: Callable[[Candidate], float | None],
        their: Callable[[PublishedServing], float],
    ) -> Plot:
        points = [SizedPoint(c, size, own(c)) for c, size in sized]
        return _by_prompt(title, write, points, content.published.serving, their)

    return ServingFigures(
        figure(
            "requests a second", formatting.number,
            lambda c: loads[c.name].texts_per_s if c.name in loads else None, lambda s: s.per_s,
        ),
        figure(
            "time of one request", formatting.milliseconds,
            lambda c: loads[c.name].p50_ms if c.name in loads else None, lambda s: 1000 * s.latency_s,
        ),
        figure("cost of 1,000", formatting.usd, lambda c: _at_least(c.usd_per_1k), lambda s: s.usd_per_1k),
    )  # fmt: skip


def _by_prompt(
    title: str,
    write: Callable[[float], str],
    ours: Sequence[SizedPoint],
    theirs: Sequence[PublishedServing],
    measure: Callable[[PublishedServing], float],
) -> Plot:
    measured = [p for p in ours if p.value]
    x = log_axis([*(p.parameters for p in measured), *(s.parameters for s in theirs)], formatting.size, most=4)
    y = log_axis([*(p.value or 1.0 for p in measured), *map(measure, theirs)], write, most=4)
    lines = [
        _line([(s.parameters, measure(s)) for s in theirs if s.prompt == prompt], x, y, "muted",
              f"published, {prompt}", SHAPES[prompt])
        for prompt in dict.fromkeys(s.prompt for s in theirs)
    ]  # fmt: skip
    spots = [(p, (x.place(p.parameters), xy.upright(y, p.value or 1.0))) for p in measured]
    said = "; ".join(f"{s.model} {s.prompt} {write(measure(s))}" for s in theirs)
    alt = f"{title} against model size, published by prompt version ({said}) and of this run"
    return Plot(alt, "parameters", title, x.ticks, xy.flipped(y), _numbered(spots), tuple(lines))


def _numbered(spots: "Sequence[tuple[SizedPoint, tuple[float, float]]]") -> tuple[Point, ...]:
    offsets = xy.offsets([spot for _, spot in spots])
    return tuple(
        Point(p.candidate.rank, p.candidate.name, *spot, None, None, candidate_colour(p.candidate.rank), *offset)
        for (p, spot), offset in zip(spots, offsets, strict=True)
    )


def _line(found: Sequence[tuple[float, float]], x: Axis, y: Axis, colour: str, label: str, shape: Shape) -> PolyLine:
    ordered = sorted(found)
    dots = tuple(_dot(x, y, size, value) for size, value in ordered)
    return PolyLine(" ".join(f"{a:g},{b:g}" for a, b, _, _ in dots), colour, label, dots, shape)


def _dot(x: Axis, y: Axis, size: float, value: float) -> Dot:
    return (x.place(size), xy.upright(y, value), None, None)
