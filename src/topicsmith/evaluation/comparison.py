"""Candidates against the best of them, on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import isnan

import numpy as np
from numpy.typing import NDArray

from topicsmith.evaluation import metrics
from topicsmith.evaluation.evaluate import answers_to, groups_of
from topicsmith.evaluation.results import Comparison, Evaluation
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import FloatArray, Resamples, percentile_interval
from topicsmith.statistics.paired import LEVEL, bootstrap_p, discordant, holm, mcnemar_exact, rows_needed


@dataclass(frozen=True)
class _Answered:
    """What one candidate did on the rows: right or not, and its macro F1 in every bootstrap sample."""

    right: NDArray[np.bool_]
    f1: FloatArray


def compare(
    evaluations: Sequence[Evaluation],
    rows: TestSet,
    predictions: Mapping[str, Mapping[str, Prediction]],
    level: float = LEVEL,
) -> list[Evaluation]:
    """The evaluations best first, each but the first with its comparison against the first.

    Order: accuracy, then macro F1, then name. Because the best is picked on the same rows it is then tested on, the
    correction covers every pair of candidates, not only those with the best.

    Args:
        evaluations: of all candidates on ``rows``.
        rows: what they were judged on.
        predictions: by candidate, by query.
        level: the risk, over all pairs together, of calling equal candidates different.
    """
    ranked = sorted(evaluations, key=_rank)
    if len(ranked) < 2 or not len(rows):
        return ranked
    answered = [_answers(e, rows, predictions[e.candidate]) for e in ranked]
    groups = groups_of(rows)
    pairs = list(combinations(range(len(ranked)), 2))
    p_values = [mcnemar_exact(*discordant(answered[i].right, answered[j].right, groups)) for i, j in pairs]
    f1_p_values = [bootstrap_p(answered[i].f1 - answered[j].f1) for i, j in pairs]
    adjusted, f1_adjusted = holm(p_values), holm(f1_p_values)
    compared = [ranked[0]]
    for place, (first, second) in enumerate(pairs):
        if first != 0:
            continue
        this = ranked[second]
        only_best, only_this = discordant(answered[0].right, answered[second].right)
        tied = adjusted[place] > level
        comparison = Comparison(
            best=ranked[0].candidate,
            only_best=only_best,
            only_this=only_this,
            p_value=p_values[place],
            p_adjusted=adjusted[place],
            tied=tied,
            rows_to_tell=_more_rows(only_best, only_this, len(rows), level / len(pairs)) if tied else 0,
            macro_f1_difference=percentile_interval(
                ranked[0].macro_f1.value - this.macro_f1.value,
                answered[0].f1 - answered[second].f1,
                len(rows),
                0.95,
                "paired bootstrap by group",
            ),
            macro_f1_p_adjusted=f1_adjusted[place],
            macro_f1_tied=f1_adjusted[place] > level,
        )
        compared.append(replace(this, comparison=comparison))
    return compared


def not_told_apart(ranked: Sequence[Evaluation]) -> list[Evaluation]:
    """The best and every candidate that is not significantly different from it, in order."""
    return [e for e in ranked if e.comparison is None or e.comparison.tied]


def _rank(evaluation: Evaluation) -> tuple[float, float, str]:
    accuracy, f1 = evaluation.accuracy.value, evaluation.macro_f1.value
    return (0.0 if isnan(accuracy) else -accuracy, 0.0 if isnan(f1) else -f1, evaluation.candidate)


def _answers(evaluation: Evaluation, rows: TestSet, predictions: Mapping[str, Prediction]) -> _Answered:
    topics = evaluation.topics
    truth = metrics.truth_codes(rows.topics, topics)
    predicted = metrics.codes([answer.topic for answer in answers_to(rows, predictions)], topics)
    columns = metrics.counts_by_row(truth, predicted, len(topics))
    return _Answered(truth == predicted, metrics.macro_f1(Resamples(groups_of(rows)).totals(columns)))


def _more_rows(only_best: int, only_this: int, n: int, level: float) -> int | None:
    needed = rows_needed(only_best, only_this, n, level)
    return None if needed is None else max(1, needed - n)
