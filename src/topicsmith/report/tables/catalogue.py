"""Every table of the page, and their files: CSV for spreadsheets, JSON for programs."""

from collections.abc import Iterable
from pathlib import Path

from topicsmith.atomic_files import write_bytes
from topicsmith.audit.report import CANDIDATE
from topicsmith.costs.cost import CandidateCost
from topicsmith.evaluation.confidence.measure import Confidence
from topicsmith.report.content import ReportContent
from topicsmith.report.tables.candidates import candidate_tables
from topicsmith.report.tables.labels import labelling_tables
from topicsmith.report.tables.table import Cell, Table, by_key, columns, ends
from topicsmith.report.view_model import PlottedCurve


def write_tables(content: ReportContent, folder: Path) -> list[str]:
    """Write every table into ``folder`` as CSV and JSON; tables of an earlier page that are no longer made go.

    Returns:
        The names of the files written, sorted.
    """
    written = []
    for name, table in tables_of(content).items():
        for ending, data in ((".csv", table.to_csv().encode()), (".json", table.to_json())):
            write_bytes(folder / f"{name}{ending}", data)
            written.append(f"{name}{ending}")
    for left in folder.glob("*.*"):
        if left.suffix in {".csv", ".json"} and left.name not in written:
            left.unlink()  # of an earlier page, which had more to tell
    return sorted(written)


def tables_of(content: ReportContent) -> dict[str, Table]:
    """The tables by name; those without a row are left out."""
    labelling = labelling_tables(content.labelling) if content.labelling else ()
    return by_key(
        [
            *_incoming(content),
            *labelling,
            *candidate_tables(content),
            *_extras(content),
            *_measured(content),
            _seeds(content),
            *_published(content),
        ]
    )


def _incoming(content: ReportContent) -> Iterable[Table]:
    incoming, distribution = content.incoming, content.distribution
    if incoming:
        yield Table(
            "dropped", "Traces that gave no query", columns(("reason", "Reason"), ("traces", "Traces", "count")),
            incoming.dropped,
        )  # fmt: skip
        if distribution and distribution.tokens:
            histogram = distribution.tokens.histogram
            counts = zip(histogram.edges[:-1], histogram.edges[1:], histogram.query, histogram.trace, strict=True)
            yield Table(
                "tokens", "Tokens of the query and of the whole conversation",
                columns(("from", "From", "count"), ("below", "Below", "count"), ("queries", "Queries", "count"),
                        ("conversations", "Conversations", "count")),
                tuple(row for row in counts if row[2] or row[3]),
            )  # fmt: skip
    if distribution:
        yield Table(
            "topics", "Rows by topic",
            columns(("topic", "Topic"), ("train", "Train", "count"), ("train_balanced", "Balanced", "count"),
                    ("validation", "Validation", "count"), ("test", "Test", "count")),
            tuple((t.topic, t.before, t.after, t.validation, t.test) for t in distribution.topics),
        )  # fmt: skip


def _curve_rows(curves: tuple[PlottedCurve, ...]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((curve.candidate, p.x, *ends(p.y)) for curve in curves for p in curve.points)


def _extras(content: ReportContent) -> Iterable[Table]:
    yield Table(
        "risk_coverage", "Errors among the rows answered, by how many are answered",
        columns(("candidate", "Candidate"), ("coverage", "Answered", "share"), ("risk", "Wrong", "share"),
                ("low", "low", "share"), ("high", "high", "share")),
        _curve_rows(content.risk_coverage),
    )  # fmt: skip
    yield Table(
        "learning_curves", "Accuracy by the number of training rows",
        columns(("candidate", "Candidate"), ("rows", "Training rows", "count"), ("accuracy", "Accuracy", "share"),
                ("low", "low", "share"), ("high", "high", "share")),
        _curve_rows(content.learning),
    )  # fmt: skip
    yield Table(
        "settings", "Accuracy by the settings of sweeps",
        columns(("setting", "Setting"), ("candidate", "Candidate"), ("value", "Value", "number"),
                ("accuracy", "Accuracy", "share"), ("low", "low", "share"), ("high", "high", "share")),
        tuple((c.setting, c.candidate, p.x, *ends(p.y)) for c in content.settings for p in c.points),
    )  # fmt: skip
    yield Table(
        "calibration", "Confidence against the share that is right",
        columns(("candidate", "Candidate"), ("confidence", "Confidence", "share"), ("rows", "Rows", "count"),
                ("right", "Right", "share"), ("low", "low", "share"), ("high", "high", "share")),
        tuple((c.candidate, b.confidence, b.accuracy.n, *ends(b.accuracy))
              for c in content.calibrations for b in c.bins),
    )  # fmt: skip
    yield Table(
        "thresholds", "Confidence thresholds for answering automatically",
        columns(("candidate", "Candidate"), ("judged_by", "Judged by"), ("wished_error", "Target error", "share"),
                ("threshold", "Threshold", "score"), ("agreement_threshold", "for agreement only", "score"),
                ("answered", "Answered", "share"),
                ("wrong", "Wrong among answered", "share"), ("low", "low", "share"), ("high", "high", "share"),
                ("holds_on_test", "Holds on test rows"), ("ece_before", "Calibration error before", "score"),
                ("ece", "after", "score"), ("ece_low", "low", "score"), ("ece_high", "high", "score"),
                ("ece_if_calibrated", "by chance alone", "score")),
        tuple((c.candidate, c.judged_by, c.wished_error, c.threshold, c.agreement_threshold, c.coverage,
               *ends(c.error), _promise(c), c.ece_before.value, *ends(c.ece), c.ece_if_calibrated)
              for c in content.calibrations),
    )  # fmt: skip
    yield Table(
        "stages", "The stages",
        columns(("stage", "Stage"), ("state", "State"), ("seconds", "Time", "seconds"), ("finished", "Finished"),
                ("versions", "With")),
        tuple((s.name, s.state, s.seconds, s.finished, ", ".join(f"{name} {version}" for name, version in s.versions))
              for s in content.stages),
    )  # fmt: skip


def _promise(c: Confidence) -> str | None:
    return None if c.holds_on_test is None else "kept" if c.holds_on_test else "broken"


def _measured(content: ReportContent) -> Iterable[Table]:
    if content.audit:
        audit = content.audit
        who = [(name, name, found) for name, found in audit.labels]
        who += [(f"{CANDIDATE}{name}", name, found) for name, found in audit.candidates]
        yield Table(
            "audit", "What a person found",
            columns(("what", "What"), ("rows", "Of rows", "count"), ("right", "Right", "share"),
                    ("low", "low", "share"), ("high", "high", "share"), ("these_low", "these rows: low", "share"),
                    ("these_high", "high", "share"), ("worst", "undecided wrong", "share"),
                    ("best", "undecided right", "share"), ("stratified", "Without opinions", "share"),
                    ("stratified_low", "low", "share"), ("stratified_high", "high", "share"),
                    ("agreed_only", "Agreed rows only", "share")),
            tuple((what, found.n, *ends(found), *ends(audit.these[what])[1:], *audit.bounds[what],
                   *ends(audit.stratified.get(name) if what != name else None),
                   flattering.value if what != name and (flattering := audit.agreed_only.get(name)) else None)
                  for what, name, found in who),
        )  # fmt: skip
    yield Table(
        "load", "Load tests",
        columns(("candidate", "Candidate"), ("loop", "Loop"), ("concurrency", "At once", "count"),
                ("offered_per_s", "Offered/s", "number"), ("texts", "Texts", "count"),
                ("seconds", "Lasted", "seconds"),
                ("texts_per_s", "Texts/s", "number"), ("texts_per_s_low", "low", "number"),
                ("texts_per_s_high", "high", "number"), ("p50_ms", "p50", "ms"), ("p95_ms", "p95", "ms"),
                ("p95_ms_low", "low", "ms"), ("p95_ms_high", "high", "ms"), ("p99_ms", "p99", "ms"),
                ("output_tokens_mean", "Output tokens", "number"), ("memory_mb", "Memory, MB", "number"),
                ("failures", "Failures")),
        tuple((t.candidate, t.loop, t.concurrency, t.offered_per_s, t.n, t.seconds, *ends(t.rate), t.p50_ms,
               *ends(t.p95), t.p99_ms, t.output_tokens_mean, t.memory_mb,
               ", ".join(f"{n} {name}" for name, n in t.failures.items()) or "none") for t in content.loads),
    )  # fmt: skip
    yield Table(
        "costs", "What each candidate costs to have and to use",
        columns(("candidate", "Candidate"), ("parameters", "Parameters", "size"), ("labelling_usd", "Labels", "usd"),
                ("training_usd", "Training", "usd"), ("training", "how"),
                ("hosted_usd", "Training at a service, estimated", "usd"), ("hosted", "how"),
                ("usd_per_1k", "per 1,000 texts", "usd"), ("usd_per_1k_busy", "fully busy", "usd"),
                ("basis", "Paid by"), ("serving", "how"), ("utilisation", "Busy", "share"),
                ("machines", "Machines", "count")),
        tuple(_cost_row(c) for c in content.costs),
    )  # fmt: skip
    yield _training(content)


def _cost_row(c: CandidateCost) -> tuple[Cell, ...]:
    t, s = c.training, c.serving
    return (
        c.candidate, t.parameters if t else None, c.labelling_usd, c.training_usd, t.detail or None if t else None,
        t.hosted_usd if t else None, t.hosted_detail or None if t else None, s.usd_per_1k if s else None,
        s.usd_per_1k_busy if s else None, s.basis if s else None, s.detail or None if s else None,
        s.utilisation if s else None, s.machines if s else None,
    )  # fmt: skip


def _training(content: ReportContent) -> Table:
    """Training cost by model size: this run's and the published one."""
    ours = [
        (c.candidate, "this run", t.parameters, c.training_usd, t.detail or None, t.hosted_usd)
        for c in content.costs
        if (t := c.training) and t.parameters and (c.training_usd is not None or t.hosted_usd is not None)
    ]
    theirs = [
        (t.model, "derived from published" if t.derived else "published", t.parameters, t.usd,
         f"{t.minutes:g} min" if t.minutes else None, None)
        for t in content.published.training
    ]  # fmt: skip
    return Table(
        "training_cost", "Training cost by model size",
        columns(("model", "Model"), ("source", "Source"), ("parameters", "Parameters", "size"),
                ("training_usd", "Training", "usd"), ("how", "How"), ("hosted_usd", "At a service, estimated", "usd")),
        (*ours, *theirs),
    )  # fmt: skip


def _seeds(content: ReportContent) -> Table:
    return Table(
        "seeds", "Spread over seeds, apart from spread over rows",
        columns(("series", "Candidates"), ("seeds", "Seeds", "count"), ("lowest", "Lowest", "share"),
                ("highest", "Highest", "share"), ("deviation", "Deviation", "share"), ("mean", "Mean", "share"),
                ("seeds_low", "over seeds, low", "share"), ("seeds_high", "high", "share"),
                ("rows_low", "over rows, low", "share"), ("rows_high", "high", "share")),
        tuple((s.series, len(s.candidates), s.lowest, s.highest, s.deviation,
               *ends(s.over_seeds), *ends(s.over_rows)[1:]) for s in content.seeds),
    )  # fmt: skip


def _published(content: ReportContent) -> Iterable[Table]:
    theirs = content.published
    yield Table(
        "published", f"Published figures: {theirs.source}",
        columns(("model", "Model"), ("prompt", "Prompt"), ("fine_tuned", "Fine-tuned", "mark"),
                ("n", "Rows", "count"),
                ("accuracy", "Accuracy", "share"), ("low", "low", "share"), ("high", "high", "share"),
                ("macro_f1", "Macro F1", "score"), ("usd_per_1k", "per 1,000", "usd"), ("note", "Note")),
        tuple((r.model, r.prompt, r.fine_tuned, r.n, *ends(r.accuracy), r.macro_f1, r.usd_per_1k, r.note)
              for r in theirs.results),
    )  # fmt: skip
    yield Table(
        "published_serving", "Published serving at 50 concurrent requests, by size and prompt",
        columns(("model", "Model"), ("parameters", "Parameters", "size"), ("prompt", "Prompt"),
                ("per_s", "Requests/s", "number"), ("latency_ms", "Mean time", "ms"),
                ("usd_per_1k", "per 1,000", "usd"), ("derived", "Derived, not published")),
        tuple((s.model, s.parameters, s.prompt, s.per_s, 1000 * s.latency_s, s.usd_per_1k,
               ", ".join(_DERIVED[name] for name in s.derived)) for s in theirs.serving),
    )  # fmt: skip
    yield Table(
        "published_topics", "Published topics before and after balancing",
        columns(("topic", "Topic"), ("original", "Before", "share"), ("balanced", "Balanced", "share"),
                ("train", "Train", "count"), ("validation", "Validation", "count")),
        tuple((t.topic, t.original, t.balanced, t.train, t.validation) for t in theirs.topics),
    )  # fmt: skip


_DERIVED = {"per_s": "requests a second", "latency_s": "mean time", "usd_per_1k": "cost"}
