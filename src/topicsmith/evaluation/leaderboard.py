"""The ranking as a stable document: ``leaderboard.json``."""

from collections.abc import Mapping, Sequence

from topicsmith.evaluation.results import Evaluation
from topicsmith.evaluation.serialization import to_document
from topicsmith.statistics.intervals import Interval


def leaderboard(
    evaluations: Sequence[Evaluation], audited: Mapping[str, Interval] | None = None
) -> list[dict[str, object]]:
    """One row per candidate in the order given, best first; ``None`` is unknown.

    ``audited_accuracy`` is the accuracy on all test rows by a person's audit. ``accuracy`` and all that follow are on
    the ``n`` rows that ``judged_by`` names: true topics that are given, or labels on which annotators agreed; what a
    person answered is not among them. ``stood_for`` names the member that stands for a candidate's sweep; such rows
    come last and are no contenders.
    """
    return [_row(evaluation, (audited or {}).get(evaluation.candidate)) for evaluation in evaluations]


def _row(e: Evaluation, audited: Interval | None) -> dict[str, object]:
    row = {
        "candidate": e.candidate,
        "kind": e.kind,
        "model": e.model,
        "prompt": e.prompt,
        "audited_accuracy": None if audited is None else audited.value,
        "audited_low": None if audited is None else audited.low,
        "audited_high": None if audited is None else audited.high,
        "judged_by": "truth" if e.truth == "given" else "agreed labels",
        "n": e.n,
        "failures": e.failures,
        "accuracy": e.accuracy.value,
        "accuracy_low": e.accuracy.low,
        "accuracy_high": e.accuracy.high,
        "macro_f1": e.macro_f1.value,
        "balanced_accuracy": e.balanced_accuracy.value,
        "macro_precision": e.macro_precision,
        "macro_recall": e.macro_recall,
        "p50_ms": e.p50_ms,
        "p95_ms": e.p95_ms,
        "texts_per_s": e.texts_per_s,
        "output_tokens_mean": e.output_tokens_mean,
        "usd_per_1k": e.usd_per_1k,
        "train_usd": e.train_usd,
        "train_s": e.train_s,
        "tied_with_best": e.stood_for is None and (e.comparison is None or e.comparison.tied),
        "stood_for": e.stood_for,
    }
    return {key: to_document(value) for key, value in row.items()}
