"""What a person said against answers to all rows: figures with values by hand."""

import numpy as np
import pytest

from topicsmith.audit.estimation.design import AuditDesign, DrawSample, StratumSample
from topicsmith.audit.estimation.random_rows import random_rows
from topicsmith.audit.estimation.truth import AuditedTruth
from topicsmith.statistics.intervals import IntArray

ROWS, AUDITED = 200, 40


def _truth(topics: list[int], opinions: list[list[int]] | None = None, count: int = 3) -> AuditedTruth:
    """The first rows are audited, in one stratum, and no row has a near-copy."""
    n = len(topics)
    said = np.array(opinions or np.zeros((0, ROWS)), dtype=np.int64).reshape(-1, ROWS)
    places = np.arange(n)
    return AuditedTruth(random_rows(["all"] * ROWS, range(n)), np.array(topics), places, places, places, said, count)


def _answers(first: list[int]) -> IntArray:
    """The answers to audited rows, and to as many others again and again."""
    return np.tile(np.array(first), ROWS // len(first))


def test_accuracy_difference_and_share() -> None:
    truth = _truth([0] * 20 + [1] * 12 + [2] * 8)
    good = _answers([0] * 20 + [1] * 10 + [0] * 10)
    poor = _answers([0] * 16 + [1] * 14 + [-1] * 10)
    assert truth.accuracy(good).like_these.value == pytest.approx(30 / 40)
    assert truth.accuracy(poor).like_these.value == pytest.approx(26 / 40)
    assert truth.difference(good, poor).like_these.value == pytest.approx(4 / 40)
    assert truth.share(1).like_these.value == pytest.approx(12 / 40)
    assert truth.difference(good, good).like_these.high == 0.0


def test_an_answer_to_near_copies_is_judged_by_the_one_that_was_looked_at() -> None:
    # groups of three: the person looked at one, and two of its three copies have its topic for an answer
    strata = (StratumSample(np.array([0, 1]), np.ones(2), 4.0),)
    design = AuditDesign((DrawSample(strata, np.zeros(0, np.int64)),), np.array([3.0, 1.0]), 4.0)
    truth = AuditedTruth(
        design, np.array([0, 1]), np.arange(4), np.array([0, 0, 0, 1]), np.array([1, 3]), np.zeros((0, 4), np.int64), 2
    )
    assert truth.accuracy(np.array([0, 0, 1, 1])).these.value == pytest.approx(3 / 4)


def test_undecided_rows_may_be_right_where_there_is_an_answer() -> None:
    truth = _truth([0] * 30 + [-1] * 10)
    found = truth.accuracy(_answers([0] * 24 + [1] * 6 + [0] * 6 + [-1] * 4))
    assert (found.worst, found.best) == pytest.approx((24 / 40, 30 / 40))
    assert found.like_these.value == pytest.approx(24 / 30)
    assert found.like_these.low < 0.6
    assert found.like_these.high > 0.75
    share = truth.share(2)
    assert (share.worst, share.best) == pytest.approx((0.0, 10 / 40))


def test_undecided_rows_do_not_part_those_who_say_the_same() -> None:
    truth = _truth([0] * 30 + [-1] * 10)
    one, other = _answers([0] * 40), _answers([0] * 38 + [1, -1])
    found = truth.difference(one, other)
    # of the ten undecided rows two are answered differently, one of them by one only
    assert (found.worst, found.best) == pytest.approx((-1 / 40, 2 / 40))


def test_precision_and_recall() -> None:
    truth = _truth([0] * 20 + [1] * 20)
    labels = _answers([0] * 15 + [-1] * 5 + [1] * 5 + [0] * 5 + [-1] * 10)
    assert truth.precision(labels).like_these.value == pytest.approx(20 / 25)
    recall = truth.recall(labels, 1)
    assert recall is not None
    assert recall.like_these.value == pytest.approx(5 / 20)
    assert truth.recall(labels, 2) is None
    assert truth.audited_of(1) == 20


def test_an_undecided_row_may_be_of_a_topic_that_somebody_names() -> None:
    opinions = [[1] * ROWS]
    truth = _truth([1] * 20 + [0] * 16 + [-1] * 4, opinions)
    found = truth.recall(_answers([1] * 15 + [0] * 5 + [0] * 16 + [1, 1, 0, 0]), 1)
    assert found is not None
    # the two answered otherwise are missed at worst, the two answered so are found at best
    assert (found.worst, found.best) == pytest.approx((15 / 22, 17 / 22))


def test_macro_f1_needs_an_audited_row_of_every_topic_that_is_answered() -> None:
    truth = _truth([0] * 20 + [1] * 20)
    answers = _answers([0] * 18 + [1] * 22)
    found = truth.macro_f1(answers)
    assert found is not None
    # as in the audited rows: 18 and 20 right of 20 each, 18 and 22 answered; the bias of few rows is taken off
    assert found.like_these.value == pytest.approx((2 * 18 / 38 + 2 * 20 / 42) / 2, abs=0.01)
    assert truth.macro_f1(_answers([2] * 40)) is None


def test_macro_f1_with_undecided_rows_lies_between_wrong_and_right() -> None:
    truth = _truth([0] * 20 + [1] * 14 + [-1] * 6)
    found = truth.macro_f1(_answers([0] * 18 + [1] * 22))
    assert found is not None
    assert found.worst < found.like_these.value < found.best
