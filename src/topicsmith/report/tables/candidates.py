"""The tables of what the candidates did."""

from collections.abc import Iterable

from topicsmith.report.content import ReportContent
from topicsmith.report.tables.table import Cell, Table, columns, ends, matrix_table
from topicsmith.report.view_model import Candidate, f1_of, recall_of


def candidate_tables(content: ReportContent) -> Iterable[Table]:
    """Leaderboard, bias, scores by topic, confusions, speed and cost."""
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
                ("only_this", "Only this right", "count"), ("p_adjusted", "p of being the best", "score"),
                ("behind", "Behind the best", "share"), ("behind_low", "at least", "share"),
                ("behind_high", "at most", "share"), ("within_margin", "Within the margin", "mark"),
                ("corrected", "Accuracy corrected for being chosen", "share"), ("corrected_low", "low", "share"),
                ("corrected_high", "high", "share"), ("tied_with_best", "May be the best", "mark"),
                ("stood_for", "In its place, by validation rows")),
        tuple(_leaderboard_row(c) for c in candidates),
    )  # fmt: skip
    yield Table(
        "agreement_bias", "Accuracy on agreed rows and on all rows",
        columns(("candidate", "Candidate"), ("agreed_by_label", "Agreed rows, by their label", "share"),
                ("agreed_by_truth", "Agreed rows, by the truth", "share"),
                ("all_by_truth", "All rows, by the truth", "share"),
                ("agreed_rows", "Agreed rows", "count"), ("all_rows", "All rows", "count")),
        tuple(_bias_row(c) for c in candidates if c.known_bias),
    )  # fmt: skip
    yield Table(
        "topic_scores", "Scores by topic",
        columns(("candidate", "Candidate"), ("topic", "Topic"), ("rows", "Rows", "count"), ("f1", "F1", "score"),
                ("precision", "Precision", "share"), ("recall", "Recall", "share"), ("recall_low", "low", "share"),
                ("recall_high", "high", "share")),
        tuple((c.name, t.topic, t.support, f1_of(t).value, t.precision, *ends(recall_of(t)))
              for c in candidates for t in c.by_topic),
    )  # fmt: skip
    yield Table(
        "subtopic_scores", "Scores by subtopic",
        columns(("candidate", "Candidate"), ("topic", "Topic"), ("subtopic", "Subtopic"), ("rows", "Rows", "count"),
                ("topic_accuracy", "Topic right", "share"), ("low", "low", "share"), ("high", "high", "share"),
                ("subtopic_accuracy", "Subtopic right", "share")),
        tuple((c.name, s.topic, s.subtopic, s.support, *ends(s.topic_accuracy),
               s.subtopic_accuracy.value if s.subtopic_accuracy else None)
              for c in candidates for s in c.by_subtopic),
    )  # fmt: skip
    chosen = content.chosen
    if chosen:
        yield matrix_table("confusion", f"{chosen.name}: true topic down, answer across", chosen.matrix)
    yield Table(
        "confusions", "What the chosen candidate takes for what",
        columns(("truth", "True topic"), ("predicted", "Answer"), ("rows", "Rows", "count"), ("of", "of", "count"),
                ("example_1", "Example"), ("example_2", "Example"), ("example_3", "Example")),
        tuple((c.truth, c.predicted, c.count, c.of, *(*c.texts, None, None, None)[:3]) for c in content.confusions),
    )  # fmt: skip
    yield Table(
        "speed_and_cost", "Speed and cost",
        columns(("candidate", "Candidate"), ("p50_ms", "p50", "ms"), ("p95_ms", "p95", "ms"),
                ("texts_per_s", "Texts/s", "number"), ("output_tokens_mean", "Output tokens", "number"),
                ("usd_per_1k", "Cost per 1,000", "usd"), ("train_s", "Training time", "seconds"),
                ("train_usd", "Training cost", "usd")),
        tuple((c.name, c.p50_ms, c.p95_ms, c.texts_per_s, c.output_tokens_mean, c.usd_per_1k, c.train_s, c.train_usd)
              for c in candidates),
    )  # fmt: skip


def _leaderboard_row(c: Candidate) -> tuple[Cell, ...]:
    in_scope, recall, versus = c.in_scope_accuracy, c.catch_all_recall, c.comparison
    behind = versus.accuracy_difference if versus else None
    return (
        c.rank, c.name, c.kind, c.model, c.prompt, c.n, c.failures, *ends(c.accuracy), *ends(c.macro_f1),
        c.balanced_accuracy.value, c.macro_precision, c.macro_recall,
        in_scope.value if in_scope else None, recall.value if recall else None,
        versus.only_best if versus else None, versus.only_this if versus else None,
        versus.p_adjusted if versus else None, *ends(behind),
        versus.within_margin if versus else None,
        *ends(c.chosen_accuracy),
        c.rank == 1 or c.tied_with_best, c.stood_for,
    )  # fmt: skip


def _bias_row(c: Candidate) -> tuple[Cell, ...]:
    figures = (c.bias.agreed_by_label, c.bias.agreed_by_truth, c.bias.all_by_truth)
    agreed = c.bias.agreed_by_label or c.bias.agreed_by_truth
    return (c.name, *(f.value if f else None for f in figures), agreed.n if agreed else None,
            c.bias.all_by_truth.n if c.bias.all_by_truth else None)  # fmt: skip
