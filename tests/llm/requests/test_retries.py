from random import Random

import pytest

from topicsmith.llm.requests.retries import RetryBudget, backoff_s


def test_backoff_stays_within_the_doubling_bound() -> None:
    random = Random(3)
    for attempt, longest in [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (7, 30.0), (1000, 30.0)]:
        waits = [backoff_s(attempt, random) for _ in range(500)]
        assert 0.1 <= min(waits) < 0.2 * longest + 0.1
        assert 0.8 * longest < max(waits) <= longest


def test_the_budget_is_ten_and_a_tenth_of_the_first_calls() -> None:
    budget = RetryBudget(0.0, per_second=0.5)
    for _ in range(100):
        budget.earn()
    allowed = 0
    while budget.wait_s(0.0) == 0:
        budget.spend()
        allowed += 1
    assert allowed in {19, 20}  # 10 + 100 / 10, summed in floating point


def test_an_empty_budget_fills_with_time() -> None:
    budget = RetryBudget(0.0, per_second=0.5)
    for _ in range(10):
        budget.spend()
    assert budget.wait_s(0.0) == pytest.approx(2.0)
    assert budget.wait_s(1.0) == pytest.approx(1.0)
    assert budget.wait_s(2.0) == 0
