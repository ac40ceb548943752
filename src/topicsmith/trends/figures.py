"""Figures over time: bands, lines and dots of one figure by period, alarms marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from topicsmith.report.figures.axes import Axis, Tick, share_axis
from topicsmith.report.figures.row_figures import tick_percent
from topicsmith.report.figures.xy import Plot, PolyLine, flipped, upright
from topicsmith.report.formatting import percent
from topicsmith.trends.results import TrendAlarm, TrendPeriod, TrendsReport

_DOTS = 31
"""Periods beyond which a line has no dots."""

_LABELS = 3


@dataclass(frozen=True)
class Value:
    """A figure of the period with this number, and its interval; of one that was not tested ``ring`` is set."""

    at: int
    value: float
    low: float
    high: float
    ring: bool = False


@dataclass(frozen=True)
class TopicFigure:
    """One of the small multiples: a topic, its share of all rows, and its alarms in words."""

    topic: str
    share: str
    interval: str
    note: str
    plot: Plot
    alarms: tuple[str, ...]


def time_axis(periods: Sequence[TrendPeriod]) -> Axis:
    """The periods side by side, with a few of their first days below."""
    last = max(len(periods) - 1, 1)
    axis = Axis(-0.5, last + 0.5)
    places = sorted({round(n * (len(periods) - 1) / (_LABELS - 1)) for n in range(_LABELS)})
    years = len({each.first[:4] for each in periods}) > 1
    return Axis(axis.low, axis.high, ticks=tuple(Tick(axis.place(at), _label(periods[at], years)) for at in places))


def _label(period: TrendPeriod, year: bool) -> str:
    day = date.fromisoformat(period.first)
    return f"{day.day} {day:%b}{f' {day:%y}' if year else ''}"


def over_time(
    title: str,
    periods: Sequence[TrendPeriod],
    values: Sequence[Value],
    alarms: Sequence[int],
    colour: str = "c0",
    others: Sequence[tuple[str, Sequence[tuple[int, float]]]] = (),
) -> Plot:
    """A line with its band over the periods.

    Args:
        title: what is shown, for readers who cannot see it.
        periods: the time axis.
        values: the figure, in order; missing periods leave a gap.
        alarms: the periods that raised an alarm.
        colour: a class.
        others: more lines, by class, of periods and values.
    """
    x = time_axis(periods)
    tested = [each.high for each in values if not each.ring] or [each.high for each in values]
    y = share_axis([0.0, *tested, *(v for _, line in others for _, v in line)], tick_percent, 4)
    lines, areas = [], []
    for part in _unbroken(values):
        upper = [(x.place(v.at), upright(y, v.high)) for v in part]
        lower = [(x.place(v.at), upright(y, v.low)) for v in reversed(part)]
        if len(part) > 1:
            areas.append(PolyLine(_points(upper + lower), colour))
        spots = [(x.place(v.at), upright(y, v.value)) for v in part]
        whiskers = [(upright(y, v.low), upright(y, v.high)) if len(part) == 1 else (None, None) for v in part]
        few = len(values) <= _DOTS or len(part) == 1
        for ring in (False, True):
            dots = tuple(
                (*spot, *ends)
                for spot, ends, v in zip(spots, whiskers, part, strict=True)
                if v.ring == ring and (few or ring)
            )
            lines.append(PolyLine("" if ring else _points(spots), colour, "", dots, "ring" if ring else "dot"))
    for name, line in others:
        lines += [PolyLine(_points([(x.place(at), upright(y, v)) for at, v in part]), name) for part in _runs(line)]
    lines += [PolyLine(f"{x.place(at):g},0 {x.place(at):g},100", "alarm-line") for at in sorted(set(alarms))]
    return Plot(
        _alt(title, periods, values, alarms), "", title, x.ticks, flipped(y), lines=tuple(lines), areas=tuple(areas)
    )


def _points(spots: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a:g},{b:g}" for a, b in spots)


def _unbroken(values: Sequence[Value]) -> Iterator[list[Value]]:
    """Parts without a missing period."""
    part: list[Value] = []
    for value in values:
        if part and value.at != part[-1].at + 1:
            yield part
            part = []
        part.append(value)
    if part:
        yield part


def _runs(line: Sequence[tuple[int, float]]) -> Iterator[list[tuple[int, float]]]:
    part: list[tuple[int, float]] = []
    for at, value in line:
        if part and at != part[-1][0] + 1:
            yield part
            part = []
        part.append((at, value))
    if part:
        yield part


def _alt(title: str, periods: Sequence[TrendPeriod], values: Sequence[Value], alarms: Sequence[int]) -> str:
    if not values:
        return f"{title}: no figures"
    ends = " to ".join(f"{percent(v.value)} ({periods[v.at].name})" for v in (values[0], values[-1]))
    raised = ", ".join(periods[at].name for at in sorted(set(alarms)))
    return f"{title} over {len(values)} periods, from {ends}; " + (f"alarms: {raised}" if raised else "no alarm")


def far_plot(report: TrendsReport) -> Plot:
    """The share of far rows by period."""
    values = [
        Value(at, each.far.value, each.far.low, each.far.high, bool(each.untested))
        for at, each in enumerate(report.periods)
        if each.far is not None
    ]
    return over_time("rows far from anything known", report.periods, values, raised_at(report, "far"))


def strangeness_plot(report: TrendsReport) -> Plot:
    """How strange rows are, what is usual, and the limit above which there is an alarm."""
    values, limits, usual = [], [], []
    for at, each in enumerate(report.periods):
        if each.strangeness is not None:
            values.append(Value(at, each.strangeness, each.strangeness, each.strangeness, bool(each.untested)))
        if each.limit is not None and each.usual_strangeness is not None:
            limits.append((at, each.limit))
            usual.append((at, each.usual_strangeness))
    others = (("limit-line", limits), ("frontier", usual))
    return over_time("strangeness", report.periods, values, raised_at(report, "far"), "c0", others)


def raised_at(report: TrendsReport, statistic: str, topic: str | None = None) -> list[int]:
    """The numbers of the periods that raised an alarm about something."""
    names = {period.name: at for at, period in enumerate(report.periods)}
    chosen = [each for each in report.alarms if each.statistic == statistic]
    if topic is not None:
        chosen = [each for each in chosen if any(moved.topic == topic for moved in each.moved)]
    return [names[each.raised] for each in chosen]


def topic_figures(report: TrendsReport) -> tuple[TopicFigure, ...]:
    """Small multiples, the most frequent topic first."""
    tables = {table.name: {share.topics: share for share in table.shares} for table in report.shares.groups}
    found = []
    for number, overall in enumerate(report.shares.overall.shares):
        figure = overall.share or overall.counted
        if figure is None:
            continue
        values = []
        for at, period in enumerate(report.periods):
            share = tables.get(period.name, {}).get(overall.topics)
            own = None if share is None else (share.share or share.counted)
            if own is not None and own.n:
                values.append(Value(at, own.value, own.low, own.high, bool(period.untested)))
        name = " + ".join(overall.topics)
        alarms = [at for topic in overall.topics for at in raised_at(report, "topic", topic)]
        words = tuple(alarm_words(each) for each in report.alarms if _about(each, overall.topics))
        note = "" if overall.share is not None else "as answered, not corrected"
        bounds = f"{100 * figure.low:.1f} to {100 * figure.high:.1f}"
        plot = over_time(f"share of {name}", report.periods, values, alarms, f"c{number % 20}")
        found.append((figure.value, TopicFigure(name, percent(figure.value), bounds, note, plot, words)))
    return tuple(each for _, each in sorted(found, key=lambda entry: (not entry[1].alarms, -entry[0])))


def _about(alarm: TrendAlarm, topics: Sequence[str]) -> bool:
    return alarm.statistic == "topic" and any(moved.topic in topics for moved in alarm.moved)


def alarm_words(alarm: TrendAlarm) -> str:
    """An alarm as a sentence.

    >>> alarm_words(TrendAlarm("far", "rise", "2026-05-02", "2026-05-04", "2026-05-06", 0.094, 0.048, (), 71, ()))
    'rows far from anything known: 9.4 % from 2026-05-02 to 2026-05-06, before 4.8 %'
    """
    when = f"from {alarm.since} to {alarm.last}" if alarm.since != alarm.last else f"in {alarm.since}"
    figures = f"{100 * alarm.seen:.1f} % {when}"
    if alarm.statistic == "far":
        return f"rows far from anything known: {figures}, before {100 * alarm.expected:.1f} %"
    if alarm.statistic == "topic":
        return f"{alarm.moved[0].topic} {alarm.direction}s: {figures}, expected {100 * alarm.expected:.1f} %"
    moved = "; ".join(f"{m.topic} {100 * m.seen:.1f} %, expected {100 * m.expected:.1f} %" for m in alarm.moved)
    return f"topics taken together differ {when}" + (f": {moved}" if moved else "")
