"""Tests of shifted shares."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from topicsmith.shares.rows import ShareRows, share_rows
from topicsmith.shares.shift import fit_test, g_statistic, g_test, permutation_p, shift_test


def test_many_rows_are_tested_as_scipy_does() -> None:
    table = np.array([[30, 40, 20], [60, 50, 45]])
    expected = chi2_contingency(table, lambda_="log-likelihood", correction=False)
    g, p, method = g_test(table)
    assert g == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue)
    assert method == "chi-square"


def test_few_rows_are_permuted() -> None:
    table = np.array([[7, 1], [2, 6]])
    _, p, method = g_test(table)
    assert method == "permutation"
    assert p == pytest.approx(fisher_exact(table).pvalue, abs=0.02)


def test_empty_rows_and_columns_say_nothing() -> None:
    assert g_test(np.array([[3, 0], [5, 0]])) == (0.0, 1.0, "chi-square")
    assert g_test(np.array([[3, 4], [0, 0]])) == (0.0, 1.0, "chi-square")
    assert g_statistic(np.array([[[5, 5], [5, 5]]])).tolist() == [0.0]


def test_a_p_value_is_never_zero() -> None:
    assert permutation_p(3.0, np.array([1.0, 2.0, 3.0])) == 0.5
    assert permutation_p(9.0, np.array([1.0, 2.0, 3.0])) == 0.25


def test_sets_are_compared_by_truth_or_answers_and_copies_count_once() -> None:
    first = share_rows(["a", "b"], ["a"] * 40 + ["b"] * 60, ["b"] * 100)
    second = share_rows(["a", "b"], ["a"] * 70 + ["b"] * 30, ["b"] * 50 + [None] * 50)
    found = shift_test({"test": first, "traffic": second}, "answers")
    assert (found.sets, found.groups, found.shifted) == (("test", "traffic"), 200, True)
    assert found.distance == pytest.approx(0.3)
    assert found.p == pytest.approx(
        chi2_contingency([[40, 60], [70, 30]], lambda_="log-likelihood", correction=False)[1]
    )
    by_truth = shift_test({"test": first, "traffic": second}, "truth")
    assert (by_truth.groups, by_truth.p, by_truth.distance) == (150, 1.0, 0.0)
    copies = share_rows(["a", "b"], ["a"] * 70 + ["b"] * 30, groups=["x"] * 70 + list(map(str, range(30))))
    assert shift_test({"test": first, "traffic": copies}, "answers").groups == 131


def test_nothing_to_compare_has_no_distance() -> None:
    empty = share_rows(["a", "b"], [])
    assert np.isnan(shift_test({"x": empty, "y": share_rows(["a", "b"], ["a"])}, "answers").distance)


def drawn(rng: np.random.Generator, n: int, right: float, known: int) -> ShareRows:
    truth = rng.integers(0, 3, n)
    answers = np.where(rng.random(n) < right, truth, (truth + 1) % 3)
    return ShareRows(answers, np.where(np.arange(n) < known, truth, -1), np.arange(n), 3)


def test_rows_answered_differently_do_not_fit() -> None:
    rng = np.random.default_rng(1)
    judged = drawn(rng, 300, 0.9, 300)
    assert fit_test(judged, drawn(rng, 500, 0.6, 100)) < 0.01
    assert fit_test(judged, drawn(rng, 500, 0.9, 0)) == 1.0


@pytest.mark.slow
def test_rows_answered_alike_are_refused_as_rarely_as_promised() -> None:
    rng = np.random.default_rng(2)
    found = [fit_test(drawn(rng, 200, 0.9, 200), drawn(rng, 300, 0.9, 60)) for _ in range(200)]
    assert np.mean(np.array(found) <= 0.1) <= 0.15
