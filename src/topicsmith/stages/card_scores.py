"""What a model card says of the test rows."""

from topicsmith.classifiers.model_card import AGREED, AUDITED, Score
from topicsmith.evaluation.results import Evaluation
from topicsmith.statistics.intervals import Interval


def card_scores(evaluation: Evaluation, audited: Interval | None) -> list[Score]:
    """The scores of one candidate: first what a person's audit found on all test rows."""
    first = [] if audited is None else [Score(AUDITED, audited.value, audited.low, audited.high, audited.n)]
    if not evaluation.n:
        return first
    figures = {
        "accuracy": evaluation.accuracy,
        "macro F1": evaluation.macro_f1,
        "balanced accuracy": evaluation.balanced_accuracy,
        "accuracy in scope": evaluation.in_scope_accuracy,
        "recall of the catch-all": evaluation.catch_all_recall,
    }
    by = f" {AGREED}" if evaluation.truth == "labels" else ""
    return first + [
        Score(f"{name}{by}", found.value, found.low, found.high, found.n, evaluation.split)
        for name, found in figures.items()
        if found is not None and found.n
    ]
