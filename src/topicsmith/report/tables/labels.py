"""The tables of how labels came about."""

from collections.abc import Iterable

from topicsmith.report.tables.table import Cell, Table, columns, ends, matrix_table
from topicsmith.report.view_model import Labelling, pair_matrix


def labelling_tables(labelling: Labelling) -> Iterable[Table]:
    """Annotators, agreement, disagreements and how right the labels are."""
    yield Table(
        "annotators", "The annotators",
        columns(("annotator", "Annotator"), ("rows", "Rows", "count"), ("labelled", "Labelled", "count"),
                ("abstained", "Abstained", "count"), ("pending", "Pending", "count"),
                ("catch_all", "Catch-all", "share"), ("catch_all_disagreed", "where they differ", "share"),
                ("output_tokens_mean", "Output tokens", "number"), ("usd", "Cost", "usd"),
                ("usd_per_1k", "per 1,000", "usd"), ("usd_per_1k_kept", "per 1,000 agreed", "usd")),
        tuple(_annotator_row(labelling, place) for place in range(len(labelling.annotators))),
    )  # fmt: skip
    pair_columns = columns(
        ("first", "First"), ("second", "Second"), ("n", "Rows", "count"), ("rate", "Agree", "share"),
        ("rate_low", "low", "share"), ("rate_high", "high", "share"), ("kappa", "Kappa", "score"),
        ("kappa_low", "low", "score"), ("kappa_high", "high", "score"),
    )  # fmt: skip
    pair_rows = tuple((p.first, p.second, p.n, *ends(p.rate), *ends(p.kappa)) for p in labelling.pairs)
    yield Table("agreement_pairs", "Agreement of each pair", pair_columns, pair_rows)
    if labelling.coefficients:
        yield Table(
            "agreement_coefficients", "Agreement in every usual figure",
            columns(("figure", "Figure"), ("value", "Value", "score"), ("low", "low", "score"),
                    ("high", "high", "score"), ("rows", "Rows", "count")),
            tuple((name, *ends(found), found.n) for name, found in labelling.coefficients),
        )  # fmt: skip
    abstained = [
        (p.first, p.second, p.both_abstained, p.same_reason, p.only_first_abstained, p.only_second_abstained)
        for p in labelling.pairs
    ]
    if any(any(row[2:]) for row in abstained):
        yield Table(
            "abstentions", "Who gave no topic",
            columns(("first", "First"), ("second", "Second"), ("both", "Neither gave one", "count"),
                    ("same_reason", "for the same reason", "count"), ("only_first", "Only the first", "count"),
                    ("only_second", "Only the second", "count")),
            tuple(abstained),
        )  # fmt: skip
    yield Table(
        "agreement_by_topic", "Agreement by topic",
        columns(("topic", "Topic"), ("named", "Named by anybody", "count"), ("agreed", "by everybody", "count"),
                ("rate", "Share", "share"), ("low", "low", "share"), ("high", "high", "share")),
        tuple((t.topic, t.named, t.agreed, *ends(t.rate)) for t in labelling.by_topic),
    )  # fmt: skip
    yield Table(
        "disagreements", "Who said what instead",
        columns(("first", "First"), ("first_topic", "said"), ("second", "Second"), ("second_topic", "said instead"),
                ("count", "Rows", "count")),
        tuple((d.first, d.first_topic, d.second, d.second_topic, d.count) for d in labelling.disagreements),
    )  # fmt: skip
    for number, pair in enumerate(labelling.pairs, 1):
        suffix, matrix = "" if len(labelling.pairs) == 1 else f"_{number}", pair_matrix(pair, labelling.topics)
        yield matrix_table(f"agreement_matrix{suffix}", f"{pair.first} against {pair.second}", matrix)
    if labelling.quality and labelling.quality.n:
        quality = labelling.quality
        named = [("agreed labels", quality.agreed), ("all labels", quality.kept), ("majority vote", quality.majority)]
        who = [(f"annotator {name}", found) for name, found in quality.annotators.items()]
        yield Table(
            "label_quality", "How right the labels are",
            columns(("what", "What"), ("rows", "Rows", "count"), ("right", "Right", "share"), ("low", "low", "share"),
                    ("high", "high", "share")),
            tuple((name, found.n, *ends(found)) for name, found in [*named, *who] if found),
        )  # fmt: skip
        yield Table(
            "label_quality_by_topic", "How right the labels are, by topic",
            columns(("topic", "Labelled as"), ("rows", "Rows", "count"), ("right", "Right", "share"),
                    ("low", "low", "share"), ("high", "high", "share")),
            tuple((t.topic, t.precision.n, *ends(t.precision)) for t in quality.by_topic if t.precision),
        )  # fmt: skip


def _annotator_row(labelling: Labelling, place: int) -> tuple[Cell, ...]:
    a = labelling.annotators[place]
    labelled, pending = a.statuses.get("labelled", 0), a.statuses.get("pending", 0)
    catch_all, disagreeing = a.catch_all_rate, a.catch_all_rate_disagreed
    return (
        a.name, a.rows, labelled, a.rows - labelled - pending, pending, catch_all.value if catch_all else None,
        disagreeing.value if disagreeing else None, a.output_tokens_mean, a.cost_usd, a.usd_per_1k,
        a.usd_per_1k_kept,
    )  # fmt: skip
