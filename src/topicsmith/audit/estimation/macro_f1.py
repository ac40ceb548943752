"""Macro F1 over all rows from audited ones: the rows of each topic are estimated, those answered with it are known."""

from dataclasses import dataclass

import numpy as np

from topicsmith.audit.estimation.design import AuditDesign
from topicsmith.statistics.intervals import FloatArray


@dataclass(frozen=True)
class TopicCounts:
    """Rows by topic: those that are of it, and those of them that are answered with it.

    Of audited groups, shape (groups, topics) each; ``all_support`` and ``all_correct`` are of all rows, where they are
    opinions and not the truth.
    """

    support: FloatArray
    correct: FloatArray


@dataclass(frozen=True)
class OpinionCounts:
    """What annotators say of the same: ``of_groups`` that were audited, and their totals over ``all_rows``."""

    of_groups: TopicCounts
    all_rows: TopicCounts


@dataclass(frozen=True)
class MacroF1:
    """The figure, what each audited group adds to it to first order, and its deviation, predictions included."""

    value: float
    terms: FloatArray
    deviations: FloatArray


def macro_f1_of(
    design: AuditDesign,
    counts: TopicCounts,
    answered: FloatArray,
    predicted: FloatArray,
    opinions: OpinionCounts | None,
) -> MacroF1:
    """The mean F1 over topics that have rows.

    Opinions correct the totals as far as they lower the figure's variance. F1 bends with the number of rows of a topic,
    which few rows leave uncertain: its bias to second order is taken off.

    Args:
        design: how groups were drawn.
        counts: of audited groups.
        answered: rows of audited groups answered with each topic, shape (groups, topics).
        predicted: rows answered with each topic, over all rows.
        opinions: what annotators say, where they help.
    """
    support, correct = counts.support, counts.correct
    s, c = design.total(support), design.total(correct)
    if opinions is not None:
        first = _terms(support, correct, *_slopes(s, c, predicted))
        theirs = _terms(opinions.of_groups.support, opinions.of_groups.correct, *_slopes(s, c, predicted))
        alone = design.variance(theirs)
        weight = min(1.0, max(0.0, design.covariance(first, theirs) / alone)) if alone > 0 else 0.0
        support = support - weight * opinions.of_groups.support
        correct = correct - weight * opinions.of_groups.correct
        s = weight * opinions.all_rows.support + design.total(support)
        c = weight * opinions.all_rows.correct + design.total(correct)
    c = np.clip(c, 0, predicted)
    s = np.maximum(s, c)
    of_correct, of_support = _slopes(s, c, predicted)
    both = np.where(s > 0, s + predicted, 1.0)
    count = max(1, int((s > 0).sum()))
    open_ones = design.coefficients * np.maximum(design.coefficients - 1, 0)
    off_s, off_c = (x - np.outer(design.sizes, design.total(x) / design.rows) for x in (support, correct))
    noise, shared = open_ones @ off_s**2, open_ones @ (off_s * off_c)
    bias = float(((s > 0) * (2 * c / both**3 * noise - 2 / both**2 * shared)).sum()) / count
    value = float((of_correct * c).sum()) - bias
    whole = _terms(counts.support, counts.correct, of_correct, of_support) - answered @ of_support
    return MacroF1(min(1.0, max(0.0, value)), _terms(support, correct, of_correct, of_support), whole)


def _slopes(s: FloatArray, c: FloatArray, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """By how much a right row of each topic raises the macro F1, and a row of it lowers it."""
    there = s > 0
    both = np.where(there, s + predicted, 1.0)
    count = max(1, int(there.sum()))
    return there * 2 / both / count, there * 2 * c / both**2 / count


def _terms(support: FloatArray, correct: FloatArray, of_correct: FloatArray, of_support: FloatArray) -> FloatArray:
    found: FloatArray = correct @ of_correct - support @ of_support
    return found
