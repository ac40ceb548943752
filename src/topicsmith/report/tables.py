"""Every table of the page, and their files: CSV for spreadsheets, JSON for programs."""

from collections.abc import Iterable
from pathlib import Path

from topicsmith.files import write_bytes
from topicsmith.report.content import ReportContent
from topicsmith.report.parts import Candidate, Curve, Estimate, Labelling, Matrix
from topicsmith.report.table import Cell, Table, by_key, columns


def write_tables(content: ReportContent, folder: Path) -> list[str]:
    """Write every table into ``folder`` as CSV and JSON.

    Returns:
        The names of the files written, sorted.
    """
    written = []
    for name, table in tables_of(content).items():
        for ending, data in ((".csv", table.to_csv().encode()), (".json", table.to_json())):
            write_bytes(folder / f"{name}{ending}", data)
            written.append(f"{name}{ending}")
    return sorted(written)


def tables_of(content: ReportContent) -> dict[str, Table]:
    """The tables by name; those without a row are left out."""
    labelling = _labelling(content.labelling) if content.labelling else ()
    return by_key([*_incoming(content), *labelling, *_candidates(content), *_extras(content), _published(content)])


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)


def _incoming(content: ReportContent) -> Iterable[Table]:
    incoming, distribution = content.incoming, content.distribution
    if incoming:
        yield Table(
            "dropped", "Traces that gave no query", columns(("reason", "Reason"), ("traces", "Traces", "count")),
            incoming.dropped,
        )  # fmt: skip
        tokens = incoming.tokens
        if tokens and tokens.query:
            counts = zip(
                tokens.query.edges[:-1], tokens.query.edges[1:], tokens.query.counts,
                tokens.trace.counts if tokens.trace else [None] * len(tokens.query.counts), strict=True,
            )  # fmt: skip
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


def _labelling(labelling: Labelling) -> Iterable[Table]:
    yield Table(
        "annotators", "The annotators",
        columns(("annotator", "Annotator"), ("rows", "Rows", "count"), ("labelled", "Labelled", "count"),
                ("abstained", "Abstained", "count"), ("pending", "Pending", "count"),
                ("catch_all", "Catch-all", "share"), ("catch_all_disagreed", "Catch-all where they differ", "share"),
                ("output_tokens_mean", "Output tokens", "number"), ("usd", "Cost", "usd"),
                ("usd_per_1k", "per 1,000", "usd")),
        tuple(_annotator_row(labelling, place) for place in range(len(labelling.annotators))),
    )  # fmt: skip
    pair_columns = columns(
        ("first", "First"), ("second", "Second"), ("n", "Rows", "count"), ("rate", "Agree", "share"),
        ("rate_low", "low", "share"), ("rate_high", "high", "share"), ("kappa", "Kappa", "score"),
        ("kappa_low", "low", "score"), ("kappa_high", "high", "score"),
    )  # fmt: skip
    pair_rows = tuple((p.first, p.second, p.n, *_ends(p.rate), *_ends(p.kappa)) for p in labelling.pairs)
    yield Table("agreement_pairs", "Agreement of each pair", pair_columns, pair_rows)
    yield Table(
        "agreement_by_topic", "Agreement by topic",
        columns(("topic", "Topic"), ("named", "Named by anybody", "count"), ("agreed", "by everybody", "count"),
                ("rate", "Share", "share"), ("low", "low", "share"), ("high", "high", "share")),
        tuple((t.topic, t.named, t.agreed, *_ends(t.rate)) for t in labelling.by_topic),
    )  # fmt: skip
    yield Table(
        "disagreements", "Who said what instead",
        columns(("first", "First"), ("first_topic", "said"), ("second", "Second"), ("second_topic", "said instead"),
                ("count", "Rows", "count")),
        tuple((d.first, d.first_topic, d.second, d.second_topic, d.count) for d in labelling.disagreements),
    )  # fmt: skip
    for number, pair in enumerate(labelling.pairs, 1):
        if pair.matrix:
            suffix = "" if len(labelling.pairs) == 1 else f"_{number}"
            yield matrix_table(f"agreement_matrix{suffix}", f"{pair.first} against {pair.second}", pair.matrix)
    if labelling.quality:
        quality = labelling.quality
        named = [("agreed labels", quality.agreed), ("all labels", quality.kept), ("majority vote", quality.majority)]
        who = [(f"annotator {name}", found) for name, found in quality.annotators]
        yield Table(
            "label_quality", "How right the labels are",
            columns(("what", "What"), ("rows", "Rows", "count"), ("right", "Right", "share"), ("low", "low", "share"),
                    ("high", "high", "share")),
            tuple((name, found.n, *_ends(found)) for name, found in [*named, *who] if found),
        )  # fmt: skip
        yield Table(
            "label_quality_by_topic", "How right the labels are, by topic",
            columns(("topic", "Labelled as"), ("rows", "Rows", "count"), ("right", "Right", "share"),
                    ("low", "low", "share"), ("high", "high", "share")),
            tuple((topic, found.n, *_ends(found)) for topic, found in quality.by_topic),
        )  # fmt: skip


def _annotator_row(labelling: Labelling, place: int) -> tuple[Cell, ...]:
    a = labelling.annotators[place]
    statuses = dict(a.statuses)
    labelled, pending = statuses.get("labelled", 0), statuses.get("pending", 0)
    catch_all, disagreeing = a.catch_all, a.catch_all_when_disagreeing
    return (
        a.name, a.rows, labelled, a.rows - labelled - pending, pending, catch_all.value if catch_all else None,
        disagreeing.value if disagreeing else None, a.output_tokens_mean, a.usd, a.usd_per_1k,
    )  # fmt: skip


def matrix_table(name: str, title: str, matrix: Matrix) -> Table:
    """Counts with the names of rows down the side and of columns along the top."""
    heads = columns(("topic", "Topic"), *((column, column, "count") for column in matrix.columns))
    return Table(name, title, heads, tuple((row, *counts) for row, counts in zip(matrix.rows, matrix.counts, strict=True)))


def _candidates(content: ReportContent) -> Iterable[Table]:
    candidates = content.candidates
    yield Table(
        "leaderboard", "The candidates on the same rows",
        columns(("rank", "#", "count"), ("candidate", "Candidate"), ("kind", "Kind"), ("model", "Model"),
                ("prompt", "Prompt"), ("n", "Rows", "count"), ("failures", "Failed", "count"),
                ("accuracy", "Accuracy", "share"), ("accuracy_low", "low", "share"), ("accuracy_high", "high", "share"),
                ("macro_f1", "Macro F1", "score"), ("macro_f1_low", "low", "score"), ("macro_f1_high", "high", "score"),
                ("balanced_accuracy", "Balanced accuracy", "share"), ("macro_precision", "Precision", "share"),
                ("macro_recall", "Recall", "share"), ("in_scope_accuracy", "In scope", "share"),
                ("catch_all_recall", "Catch-all recall", "share"), ("only_best", "Only the best right", "count"),
                ("only_this", "Only this right", "count"), ("p_adjusted", "p (Holm)", "score"),
                ("tied_with_best", "Tied with the best", "mark")),
        tuple(_leaderboard_row(c) for c in candidates),
    )  # fmt: skip
    yield Table(
        "agreement_bias", "Accuracy on agreed rows and on all rows",
        columns(("candidate", "Candidate"), ("agreed_by_label", "Agreed rows, by their label", "share"),
                ("agreed_by_truth", "Agreed rows, by the truth", "share"), ("all_by_truth", "All rows, by the truth", "share"),
                ("agreed_rows", "Agreed rows", "count"), ("all_rows", "All rows", "count")),
        tuple(_bias_row(c) for c in candidates if c.bias),
    )  # fmt: skip
    yield Table(
        "topic_scores", "Scores by topic",
        columns(("candidate", "Candidate"), ("topic", "Topic"), ("rows", "Rows", "count"), ("f1", "F1", "score"),
                ("precision", "Precision", "share"), ("recall", "Recall", "share"), ("recall_low", "low", "share"),
                ("recall_high", "high", "share")),
        tuple((c.name, t.topic, t.support, t.f1.value if t.f1 else None, t.precision, *_ends(t.recall))
              for c in candidates for t in c.by_topic),
    )  # fmt: skip
    best = content.best
    if best and best.confusion:
        yield matrix_table("confusion", f"{best.name}: true topic down, answer across", best.confusion)
    yield Table(
        "confusions", "What the best candidate takes for what",
        columns(("truth", "True topic"), ("predicted", "Answer"), ("rows", "Rows", "count"), ("of", "of", "count"),
                ("example_1", "Example"), ("example_2", "Example"), ("example_3", "Example")),
        tuple((c.truth, c.predicted, c.count, c.of, *(*c.texts, None, None, None)[:3]) for c in content.confusions),
    )  # fmt: skip
    yield Table(
        "speed_and_cost", "Speed and cost",
        columns(("candidate", "Candidate"), ("p50_ms", "p50", "ms"), ("p95_ms", "p95", "ms"),
                ("texts_per_s", "Texts/s", "number"), ("output_tokens_mean", "Output tokens", "number"),
                ("usd_per_1k", "per 1,000", "usd"), ("train_s", "Training", "seconds"), ("train_usd", "Training cost", "usd")),
        tuple((c.name, c.p50_ms, c.p95_ms, c.texts_per_s, c.output_tokens_mean, c.usd_per_1k, c.train_s, c.train_usd)
              for c in candidates),
    )  # fmt: skip


def _leaderboard_row(c: Candidate) -> tuple[Cell, ...]:
    in_scope, recall, versus = c.in_scope_accuracy, c.catch_all_recall, c.comparison
    return (
        c.rank, c.name, c.kind, c.model, c.prompt, c.n, c.failures, *_ends(c.accuracy), *_ends(c.macro_f1),
        c.balanced_accuracy.value if c.balanced_accuracy else None, c.macro_precision, c.macro_recall,
        in_scope.value if in_scope else None, recall.value if recall else None,
        versus.only_best if versus else None, versus.only_this if versus else None,
        versus.p_adjusted if versus else None, c.tied_with_best,
    )  # fmt: skip


def _bias_row(c: Candidate) -> tuple[Cell, ...]:
    assert c.bias is not None
    figures = (c.bias.agreed_by_label, c.bias.agreed_by_truth, c.bias.all_by_truth)
    agreed = c.bias.agreed_by_label or c.bias.agreed_by_truth
    return (c.name, *(f.value if f else None for f in figures), agreed.n if agreed else None,
            c.bias.all_by_truth.n if c.bias.all_by_truth else None)  # fmt: skip


def _curve_rows(curves: tuple[Curve, ...]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((curve.candidate, p.x, *_ends(p.y)) for curve in curves for p in curve.points)


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
        "calibration", "Confidence against the share that is right",
        columns(("candidate", "Candidate"), ("confidence", "Confidence", "share"), ("rows", "Rows", "count"),
                ("right", "Right", "share"), ("low", "low", "share"), ("high", "high", "share")),
        tuple((c.candidate, b.confidence, b.accuracy.n, *_ends(b.accuracy)) for c in content.calibrations for b in c.bins),
    )  # fmt: skip
    yield Table(
        "stages", "The stages",
        columns(("stage", "Stage"), ("state", "State"), ("seconds", "Time", "seconds"), ("finished", "Finished"),
                ("versions", "With")),
        tuple((s.name, s.state, s.seconds, s.finished, ", ".join(f"{name} {version}" for name, version in s.versions))
              for s in content.stages),
    )  # fmt: skip


def _published(content: ReportContent) -> Table:
    return Table(
        "published", f"Published figures: {content.published.source}",
        columns(("model", "Model"), ("prompt", "Prompt"), ("fine_tuned", "Fine-tuned", "mark"), ("n", "Rows", "count"),
                ("accuracy", "Accuracy", "share"), ("macro_f1", "Macro F1", "score"), ("usd_per_1k", "per 1,000", "usd"),
                ("note", "Note")),
        tuple((r.model, r.prompt, r.fine_tuned, r.n, r.accuracy, r.macro_f1, r.usd_per_1k, r.note)
              for r in content.published.results),
    )  # fmt: skip
