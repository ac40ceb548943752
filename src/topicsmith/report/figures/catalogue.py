"""Which figures a page has: laid out from its content, ``None`` where a run lacks the data."""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.labels.quality import LabelQuality
from topicsmith.report import formatting
from topicsmith.report.content import ReportContent
from topicsmith.report.figures import model_size, row_figures, xy
from topicsmith.report.figures.axes import share_axis
from topicsmith.report.figures.row_figures import BarFigure, DotFigure, DotRow, HeatFigure
from topicsmith.report.reference import published_figures
from topicsmith.report.view_model import Candidate, Labelling, PlottedCurve, pair_matrix
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class Figures:
    """Every figure of the page."""

    tokens: xy.Plot | None
    agreement_by_topic: DotFigure | None
    catch_all: DotFigure | None
    agreement_matrices: tuple[HeatFigure, ...]
    quality: DotFigure | None
    audit: DotFigure | None
    quality_by_topic: DotFigure | None
    balance: BarFigure | None
    accuracy: DotFigure | None
    macro_f1: DotFigure | None
    bias: DotFigure | None
    topics: DotFigure | None
    confusion: HeatFigure | None
    cost: xy.Plot | None
    latency: xy.Plot | None
    throughput: xy.Plot | None
    load_latency: xy.Plot | None
    prompts: DotFigure | None
    subtopics: DotFigure | None
    risk: xy.Plot | None
    reliability: xy.Plot | None
    learning: xy.Plot | None
    settings: tuple[xy.Plot, ...]
    published: DotFigure
    published_cost: xy.Plot
    published_topics: BarFigure
    training_cost: xy.Plot
    serving: model_size.ServingFigures


def figures_of(content: ReportContent) -> Figures:
    """Lay out every figure that ``content`` has the data for."""
    candidates, labelling = content.candidates, content.labelling
    chosen = content.chosen  # the page looks closely at the candidate to deploy
    tokens = content.distribution.tokens if content.distribution else None
    quality = labelling.quality if labelling else None
    ranks = {c.name: c.rank for c in candidates}
    above_baseline = row_figures.without_baseline(candidates)
    return Figures(
        tokens=xy.token_plot(tokens.histogram) if tokens else None,
        agreement_by_topic=_agreement_by_topic(labelling) if labelling else None,
        catch_all=_catch_all(labelling) if labelling else None,
        agreement_matrices=_matrices(labelling) if labelling else (),
        quality=_quality(labelling) if labelling else None,
        audit=_audit(content),
        quality_by_topic=row_figures.named_figure(
            "How right labels of each topic are",
            _weakest([(t.topic, t.precision) for t in quality.by_topic if t.precision]),
        )
        if quality
        else None,
        balance=row_figures.balance_figure(content.distribution.topics) if content.distribution else None,
        accuracy=row_figures.accuracy_figure(candidates),
        macro_f1=_macro_f1(candidates),
        bias=row_figures.bias_figure(above_baseline) if labelling and labelling.annotators else None,
        topics=row_figures.topic_figure(chosen) if chosen else None,
        confusion=row_figures.heat_figure(
            f"Confusion matrix of {chosen.name}: a row for each true topic, a column for each answer", chosen.matrix
        )
        if chosen
        else None,
        cost=xy.scatter(above_baseline, lambda c: c.usd_per_1k, "cost of 1,000 texts", formatting.usd),
        latency=xy.scatter(above_baseline, lambda c: c.p95_ms or c.p50_ms, "latency", formatting.milliseconds),
        throughput=xy.load_plot(content.loads, ranks, lambda load: load.rate, "texts a second", formatting.number),
        load_latency=xy.load_plot(
            content.loads, ranks, lambda load: load.p95, "95th percentile", formatting.milliseconds
        ),
        prompts=published_figures.prompts(content),
        risk=xy.curve_plot(
            _without_baseline(content.risk_coverage, content),
            ranks,
            "share answered",
            "wrong among answered",
            shares=True,
        ),
        subtopics=_subtopics(chosen) if chosen else None,
        reliability=_reliability(content, chosen) if chosen else None,
        learning=xy.curve_plot(content.learning, ranks, "training rows", "accuracy", shares=False),
        settings=_settings(content, ranks),
        published=published_figures.accuracy(content),
        published_cost=published_figures.cost_against_accuracy(content),
        published_topics=published_figures.topics(content.published),
        training_cost=model_size.training_figure(content),
        serving=model_size.serving_figures(content),
    )


def _without_baseline(curves: tuple[PlottedCurve, ...], content: ReportContent) -> tuple[PlottedCurve, ...]:
    """The curves but the floor's, which is one point far from the others."""
    shown = {c.name for c in row_figures.without_baseline(content.candidates)}
    return tuple(curve for curve in curves if curve.member in shown)


def _settings(content: ReportContent, ranks: dict[str, int]) -> tuple[xy.Plot, ...]:
    names = dict.fromkeys(curve.setting for curve in content.settings)
    found = (xy.setting_plot(content.settings, ranks, name) for name in names)
    return tuple(plot for plot in found if plot is not None)


def _weakest(entries: Sequence[tuple[str, Interval]], most: int = 12) -> list[tuple[str, Interval]]:
    return sorted(entries, key=lambda entry: (entry[1].value, entry[0]))[:most]


def _agreement_by_topic(labelling: Labelling) -> DotFigure | None:
    rated = [(t.topic, t.rate) for t in labelling.by_topic if t.rate is not None]
    return row_figures.named_figure("Agreement by topic, least first", _weakest(rated))


def _catch_all(labelling: Labelling) -> DotFigure | None:
    used = [(a.name, a.catch_all_rate, a.catch_all_rate_disagreed) for a in labelling.annotators if a.catch_all_rate]
    if not used:
        return None
    axis = share_axis(
        row_figures.extent([e for _, all_rows, differ in used for e in (all_rows, differ) if e]),
        row_figures.tick_percent,
    )
    rows = []
    for name, all_rows, differ in used:
        assert all_rows is not None
        marks = [row_figures.marker(axis, all_rows, "dot", "ink", -5)]
        if differ:
            marks.append(row_figures.marker(axis, differ, "ring", "muted", 6))
        detail = f"{formatting.percent(differ.value)} where they differ" if differ else ""
        rows.append(DotRow(name, tuple(marks), formatting.percent(all_rows.value), detail))
    alt = "Use of the catch-all by each annotator: " + "; ".join(
        f"{row.label} {row.value}, {row.detail}" for row in rows
    )
    return DotFigure(alt, axis.ticks, tuple(rows))


def _matrices(labelling: Labelling, most: int = 3) -> tuple[HeatFigure, ...]:
    drawn = (
        row_figures.heat_figure(
            f"{p.first} down, {p.second} across: how often each pair of topics was said",
            pair_matrix(p, labelling.topics),
        )
        for p in labelling.pairs[:most]
    )
    return tuple(figure for figure in drawn if figure is not None)


def _quality(labelling: Labelling) -> DotFigure | None:
    quality = labelling.quality
    if quality is None or not quality.n:
        return None
    parts = [("agreed labels", quality.agreed)]
    if quality.kept != quality.agreed:
        parts.append(("all labels kept", quality.kept))
    if len(quality.annotators) > 2:  # of two, the first decides
        parts.append(("majority vote, all rows", quality.majority))
    entries = [(name, found) for name, found in parts if found]
    entries += [(f"{name}, all rows", found) for name, found in quality.annotators.items() if found]
    notes = [f"{formatting.count(found.n)} rows" for _, found in entries]
    return row_figures.named_figure("How right the labels are, against the true topics", entries, notes=notes)


def _quality_by_topic(quality: LabelQuality) -> DotFigure | None:
    rated = [(topic.topic, topic.precision) for topic in quality.by_topic if topic.precision]
    return row_figures.named_figure("Accuracy of the labels, by topic", _weakest(rated))


def _macro_f1(candidates: tuple[Candidate, ...]) -> DotFigure | None:
    if not candidates:
        return None
    shown = row_figures.without_baseline(candidates)
    axis = share_axis(row_figures.extent([c.macro_f1 for c in shown]), lambda value: f"{value:.2f}")
    rows = tuple(
        DotRow(
            c.name,
            () if (off := row_figures.off_scale(c, axis, f)) else (row_figures.marker(axis, f, "dot", colour_of(c)),),
            formatting.score(f.value), formatting.score_interval(f), c.rank,
            row_figures.OFF if off else "",
        )
        for c, f in ((c, c.macro_f1) for c in candidates)
    )  # fmt: skip
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:8])
    return DotFigure(f"Macro F1 with 95 % intervals: {said}", axis.ticks, rows)


def _subtopics(best: Candidate, most: int = 15) -> DotFigure | None:
    """The subtopics whose topic is least often right."""
    rated = [(s, s.topic_accuracy) for s in best.by_subtopic]
    rated.sort(key=lambda pair: (pair[1].value, pair[0].topic, pair[0].subtopic))
    entries = [(s.subtopic, found) for s, found in rated[:most]]
    notes = [s.topic for s, _ in rated[:most]]
    return row_figures.named_figure("Topic right, by subtopic, weakest first", entries, colour_of(best), notes)


def colour_of(candidate: Candidate) -> str:
    """The colour class of ``candidate``."""
    return row_figures.candidate_colour(candidate.rank)


def _reliability(content: ReportContent, chosen: Candidate) -> xy.Plot | None:
    mine = next((c for c in content.calibrations if c.candidate == chosen.name), None)
    return xy.reliability_plot(mine, chosen.rank) if mine else None


def _audit(content: ReportContent) -> DotFigure | None:
    """What a person's audit says of labels and annotators, and of candidates on all test rows."""
    if content.audit is None:
        return None
    ranks = {c.name: c for c in content.candidates}
    known = [(name, found) for name, found in content.audit.candidates if name in ranks]
    shown = [found for _, found in (*content.audit.labels, *known)]
    axis = share_axis(row_figures.extent(shown), row_figures.tick_percent)
    rows = [
        DotRow(
            name, (row_figures.marker(axis, found, "dot", "ink"),),
            formatting.percent(found.value), formatting.interval(found),
            note=content.audit.of,
        )
        for name, found in content.audit.labels
    ] + [
        DotRow(
            name, (row_figures.marker(axis, found, "dot", colour_of(ranks[name])),), formatting.percent(found.value),
            formatting.interval(found), ranks[name].rank, "all test rows",
        )
        for name, found in known
    ]  # fmt: skip
    said = "; ".join(f"{row.label} {row.value}" for row in rows[:10])
    return DotFigure(f"Accuracy by a person's audit: {said}", axis.ticks, tuple(rows)) if rows else None
