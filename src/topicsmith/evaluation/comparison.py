"""Candidates against the best of them, on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from statistics import NormalDist

import numpy as np

from topicsmith.evaluation import metrics
from topicsmith.evaluation.evaluate import answers_to, groups_of
from topicsmith.evaluation.results import Comparison, Evaluation
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.clusters import group_codes
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, Resamples
from topicsmith.statistics.paired import LEVEL, discordant, mcnemar_exact, rows_needed
from topicsmith.statistics.simultaneous import (
    METHOD,
    BoolArray,
    Losses,
    all_pairs_critical,
    all_pairs_p,
    losses_of_shares,
    standard_errors,
)
from topicsmith.statistics.winner import winner_share

MARGIN = 0.02
"""By how much accuracies may differ and still count as equal, where the project does not say."""
F1_METHOD = "simultaneous over every pair, bootstrap by group"


def compare(
    evaluations: Sequence[Evaluation],
    rows: TestSet,
    predictions: Mapping[str, Mapping[str, Prediction]],
    level: float = LEVEL,
    margin: float = MARGIN,
) -> list[Evaluation]:
    """The evaluations best first, each but the first with its comparison against the first.

    Order: accuracy, then macro F1, then name. Which one is best was itself chosen on these rows, so that what is said
    holds against the truly best one, whichever it is, for all candidates together; the first has, beside the accuracy
    that was seen, the one that is likely once it is known to have been chosen.

    Args:
        evaluations: of all candidates on ``rows``.
        rows: what they were judged on.
        predictions: by candidate, by query.
        level: the risk, over all candidates together, that any statement is false.
        margin: the difference in accuracy that does not matter.
    """
    ranked = sorted(evaluations, key=_rank)
    if len(ranked) < 2 or not len(rows):
        return ranked
    right, groups = right_rows(rows, predictions, [e.candidate for e in ranked])
    losses = losses_of_shares(right, groups, level)
    macro_f1 = _macro_f1_differences(ranked, rows, predictions, level)
    first = replace(ranked[0], chosen_accuracy=winner_share(right, groups, 0, 1 - level))
    compared = [first]
    for place, (difference, p_value) in enumerate(macro_f1[1:], 1):
        found = _comparison(place, ranked[0].candidate, right, groups, losses, margin)
        found = replace(
            found,
            macro_f1_difference=difference,
            macro_f1_p_adjusted=p_value,
            macro_f1_tied=p_value > level,
        )
        compared.append(replace(ranked[place], comparison=found))
    return compared


def not_told_apart(ranked: Sequence[Evaluation]) -> list[Evaluation]:
    """The best and every candidate that may be the best instead, in order."""
    return [e for e in ranked if e.comparison is None or e.comparison.tied]


def right_rows(
    rows: TestSet, predictions: Mapping[str, Mapping[str, Prediction]], candidates: Sequence[str]
) -> tuple[BoolArray, IntArray]:
    """Which rows each candidate had right, of shape (K, rows), and the near-copy group of each row as a number."""
    right = [
        [answer.topic == row.topic for row, answer in zip(rows, answers_to(rows, predictions[name]), strict=True)]
        for name in candidates
    ]
    return np.array(right, dtype=bool).reshape(len(candidates), len(rows)), group_codes(groups_of(rows))


def interval_of(losses: Losses, place: int, n: int, method: str = METHOD) -> Interval:
    """The loss of the candidate at ``place`` with its interval."""
    ends = float(losses.low[place]), float(losses.high[place])
    return Interval(float(losses.value[place]), *ends, n, 1 - LEVEL, method)


def _rank(evaluation: Evaluation) -> tuple[float, float, str]:
    accuracy, f1 = evaluation.accuracy.value, evaluation.macro_f1.value
    return (0.0 if isnan(accuracy) else -accuracy, 0.0 if isnan(f1) else -f1, evaluation.candidate)


def _comparison(place: int, best: str, right: BoolArray, groups: IntArray, losses: Losses, margin: float) -> Comparison:
    only_best, only_this = discordant(right[0], right[place], groups)
    tied, rows = bool(losses.may_be_best[place]), right.shape[1]
    loss = interval_of(losses, place, rows)
    level = 2 * (1 - NormalDist().cdf(float(losses.critical[place]))) or LEVEL
    return Comparison(
        best=best,
        only_best=only_best,
        only_this=only_this,
        p_value=mcnemar_exact(only_best, only_this),
        p_adjusted=float(losses.p_adjusted[place]),
        tied=tied,
        rows_to_tell=_more_rows(only_best, only_this, len(np.unique(groups)), level) if tied else 0,
        accuracy_difference=loss,
        within_margin=loss.high <= margin,
    )


def _macro_f1_differences(
    ranked: Sequence[Evaluation], rows: TestSet, predictions: Mapping[str, Mapping[str, Prediction]], level: float
) -> list[tuple[Interval, float]]:
    """The first's macro F1 minus each one's with a corrected p-value, on the same bootstrap samples.

    The first is the most accurate and not picked for its macro F1, so that the correction covers every pair.
    """
    samples = Resamples(groups_of(rows))
    drawn = np.stack([_drawn_f1(e, rows, predictions[e.candidate], samples) for e in ranked])
    covariance = np.cov(drawn[:, ~np.isnan(drawn).any(axis=0)])
    errors = standard_errors(covariance)
    critical, largest = all_pairs_critical(covariance, level)
    pairs = int((errors > 0).sum()) // 2
    found = []
    for place, e in enumerate(ranked):
        error, difference = float(errors[0, place]), ranked[0].macro_f1.value - e.macro_f1.value
        p_value = all_pairs_p(difference / error, largest, pairs) if error > 0 else 1.0
        ends = difference - critical * error, difference + critical * error
        found.append((Interval(difference, *ends, len(rows), 1 - level, F1_METHOD), p_value))
    return found


def _drawn_f1(
    evaluation: Evaluation, rows: TestSet, predictions: Mapping[str, Prediction], samples: Resamples
) -> FloatArray:
    """The macro F1 in every sample, of shape (draws,)."""
    topics = evaluation.topics
    truth = metrics.truth_codes(rows.topics, topics)
    predicted = metrics.codes([answer.topic for answer in answers_to(rows, predictions)], topics)
    return metrics.macro_f1(samples.totals(metrics.counts_by_row(truth, predicted, len(topics))))


def _more_rows(only_best: int, only_this: int, n_groups: int, level: float) -> int | None:
    """How many more rows that are no near-copies are needed; all counts are of groups, as the test's are."""
    needed = rows_needed(only_best, only_this, n_groups, level)
    return None if needed is None else max(1, needed - n_groups)
