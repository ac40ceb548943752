"""Macro F1 from audited rows, by hand."""

import numpy as np
import pytest

from topicsmith.audit.estimation.macro_f1 import OpinionCounts, TopicCounts, macro_f1_of
from topicsmith.audit.estimation.random_rows import random_rows


def _counts(truth: list[int], answers: list[int]) -> TopicCounts:
    support, correct = np.zeros((len(truth), 2)), np.zeros((len(truth), 2))
    for row, (true, said) in enumerate(zip(truth, answers, strict=True)):
        support[row, true] = 1.0
        correct[row, true] = true == said
    return TopicCounts(support, correct)


def test_every_row_known_gives_the_figure_itself() -> None:
    truth, answers = [0] * 60 + [1] * 40, [0] * 50 + [1] * 10 + [1] * 36 + [0] * 4
    counts = _counts(truth, answers)
    answered = np.eye(2)[answers]
    found = macro_f1_of(random_rows(["all"] * 100, range(100)), counts, answered, answered.sum(axis=0), None)
    assert found.value == pytest.approx((2 * 50 / (60 + 54) + 2 * 36 / (40 + 46)) / 2)
    assert found.deviations.sum() == pytest.approx(0.0)


def test_known_answers_count_of_all_rows_and_truth_of_audited_ones() -> None:
    """20 of 100 rows audited: rows of a topic are estimated, five for each; rows answered with it are known."""
    truth, answers = [0] * 12 + [1] * 8, [0] * 10 + [1] * 2 + [1] * 8
    counts = _counts(truth, answers)
    found = macro_f1_of(random_rows(["all"] * 100, range(20)), counts, np.eye(2)[answers], np.array([55.0, 45.0]), None)
    f1 = (2 * 50 / (60 + 55) + 2 * 40 / (40 + 45)) / 2
    # each stands for 5, of which 4 are open: 20 times the sums of squares around 12, 10, 8 and 8 of 20
    bias = [2 * 50 / 115**3 * 20 * 4.8 - 2 / 115**2 * 20 * 4.0, 2 * 40 / 85**3 * 20 * 4.8 - 2 / 85**2 * 20 * 4.8]
    assert found.value == pytest.approx(f1 - sum(bias) / 2)


def test_opinions_that_are_always_true_give_the_figure_of_all_rows() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 400)
    answers = np.where(rng.random(400) < 0.8, truth, 1 - truth)
    whole = _counts(truth.tolist(), answers.tolist())
    some = TopicCounts(whole.support[:60], whole.correct[:60])
    opinions = OpinionCounts(some, TopicCounts(whole.support.sum(axis=0), whole.correct.sum(axis=0)))
    predicted = np.bincount(answers, minlength=2).astype(float)
    design = random_rows(["all"] * 400, range(60))
    found = macro_f1_of(design, some, np.eye(2)[answers[:60]], predicted, opinions)
    s, c = whole.support.sum(axis=0), whole.correct.sum(axis=0)
    assert found.value == pytest.approx(float((2 * c / (s + predicted)).mean()))
    assert found.terms == pytest.approx(np.zeros(60))
