"""Losses against the best: held against published critical values, exact tests and simulated truth."""

import numpy as np
import pytest
from scipy.stats import norm

from topicsmith.statistics.paired import mcnemar_exact, paired_bounds
from topicsmith.statistics.simultaneous import (
    all_pairs_critical,
    all_pairs_p,
    clustered_covariance,
    losses_of_estimates,
    losses_of_shares,
    normal_draws,
    standard_errors,
)


def _answers(
    rng: np.random.Generator, accuracies: list[float], rows: int, correlation: float = 0.5
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    shared, own = rng.standard_normal(rows), rng.standard_normal((len(accuracies), rows))
    score = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return np.asarray(score < norm.ppf(accuracies)[:, None])


def test_of_two_it_is_mcnemars_exact_test_and_tangos_interval() -> None:
    right = np.array([[True] * 90 + [False] * 10, [True] * 80 + [False] * 15 + [True] * 5])
    losses = losses_of_shares(right, np.arange(100))
    assert losses.p_adjusted[1] == mcnemar_exact(10, 5)
    assert losses.may_be_best.tolist() == [True, True]
    assert losses.value.tolist() == pytest.approx([0.0, 0.05])
    _, high = paired_bounds(np.array(10), np.array(5), np.array(100), norm.ppf(0.975))
    assert losses.high[1] == pytest.approx(float(high))
    assert losses.low.tolist() == [0.0, 0.0]


def test_one_that_is_surely_worse_is_bounded_from_both_sides() -> None:
    right = np.array([[True] * 95 + [False] * 5, [True] * 50 + [False] * 50])
    losses = losses_of_shares(right, np.arange(100))
    low, high = paired_bounds(np.array(45), np.array(0), np.array(100), norm.ppf(0.975))
    assert not losses.may_be_best[1]
    assert (losses.low[1], losses.high[1]) == (pytest.approx(float(low)), pytest.approx(float(high)))
    assert (losses.low[0], losses.high[0]) == (0.0, 0.0)  # nobody else may be the best


def test_the_same_answers_given_five_times_prove_no_more() -> None:
    rng = np.random.default_rng(1)
    right = _answers(rng, [0.9, 0.85, 0.8], 80)
    once = losses_of_shares(right, np.arange(80))
    copied = losses_of_shares(np.repeat(right, 5, axis=1), np.repeat(np.arange(80), 5))
    assert copied.high == pytest.approx(once.high, abs=0.005)
    assert copied.p_adjusted == pytest.approx(once.p_adjusted, abs=1e-9)


def test_a_race_won_by_copies_of_few_texts_is_not_won() -> None:
    """One right on three texts copied a hundred times over, the other on twenty texts that stand alone."""
    right = np.array([[True] * 300 + [False] * 20 + [True] * 80, [False] * 300 + [True] * 20 + [True] * 80])
    groups = np.concatenate([np.repeat([0, 1, 2], 100), np.arange(3, 103)])
    losses = losses_of_shares(right, groups)
    assert losses.value[1] == pytest.approx(0.7)
    assert losses.may_be_best[1]


@pytest.mark.parametrize(("others", "published"), [(2, 2.21), (4, 2.44), (9, 2.69)])
def test_critical_values_are_dunnetts(others: int, published: float) -> None:
    """Two-sided 5 % points for comparisons with a control, infinite degrees of freedom (Dunnett 1964, table II)."""
    losses = losses_of_estimates(np.zeros(others + 1), np.eye(others + 1))
    assert losses.critical[0] == pytest.approx(published, abs=0.02)


@pytest.mark.parametrize(("count", "published"), [(3, 3.314), (10, 4.474)])
def test_all_pairs_are_tukeys_range(count: int, published: float) -> None:
    """The studentized range's 5 % points with infinite degrees of freedom, over the root of two."""
    critical, _ = all_pairs_critical(np.eye(count))
    assert critical == pytest.approx(published / np.sqrt(2), abs=0.02)


def test_p_values_lie_between_the_single_and_the_bonferroni_one() -> None:
    _, largest = all_pairs_critical(np.eye(20))
    single = float(2 * norm.sf(4.0))
    assert single <= all_pairs_p(4.0, largest, 190) <= 190 * single
    assert all_pairs_p(9.0, largest, 190) < 1e-15  # no floor, however many pairs


def test_identical_candidates_are_no_different_whatever_the_rest() -> None:
    values = np.array([[1.0, 0, 1, 1, 0, 1], [1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 0, 1]])
    covariance = clustered_covariance(values, np.arange(6))
    assert standard_errors(covariance)[0, 1] == 0
    assert losses_of_estimates(values.mean(axis=1), covariance).p_adjusted[:2].tolist() == [1.0, 1.0]


def test_the_covariance_of_rows_that_stand_alone_is_the_usual_one() -> None:
    values = np.random.default_rng(2).random((3, 50))
    assert clustered_covariance(values, np.arange(50)) == pytest.approx(np.cov(values) / 50)


def test_draws_are_the_same_every_time_and_as_correlated_as_asked() -> None:
    covariance = np.array([[4.0, 1.0], [1.0, 1.0]])
    drawn = normal_draws(covariance)
    assert np.array_equal(drawn, normal_draws(covariance))
    assert np.cov(drawn) == pytest.approx(covariance, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("accuracies", [[0.9, 0.9, 0.9, 0.9], [0.92, 0.9, 0.88, 0.8]])
def test_all_losses_are_held_together(accuracies: list[float]) -> None:
    rng = np.random.default_rng(13)
    lost = max(accuracies) - np.array(accuracies)
    held = best = 0
    for _ in range(200):
        losses = losses_of_shares(_answers(rng, accuracies, 200), np.arange(200))
        held += bool(((losses.low <= lost + 1e-12) & (lost <= losses.high + 1e-12)).all())
        best += bool(losses.may_be_best[0])
    assert held >= 0.93 * 200
    assert best >= 0.93 * 200
