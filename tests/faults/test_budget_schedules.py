"""Random schedules of refusals, thoughts, caps and prices on a virtual clock (``benchmarks/budget_schedules.py``)."""

from pathlib import Path

import pytest

from benchmarks.budget_schedules import Outcome, schedule


@pytest.mark.slow
def test_no_schedule_exceeds_its_budget_loses_a_row_or_pays_twice(tmp_path: Path) -> None:
    outcomes = [schedule(seed, tmp_path) for seed in range(60)]
    assert {seed: found.broken() for seed, found in enumerate(outcomes) if found.broken()} == {}
    assert {found.error for found in outcomes} == {"", "BudgetSpentError"}


def test_a_promise_that_did_not_hold_is_named() -> None:
    good = Outcome(10, 4, 0, 0.96, 0.96, 1.0, 0.05, 0, "BudgetSpentError")
    assert good.broken() == []
    assert Outcome(10, 9, 1, 1.2, 1.1, 1.0, 0.05, 2, "").broken() == [
        "a budget was exceeded", "the books differ from the bill", "a row was told twice", "a row was lost",
        "an answer was paid twice",
    ]  # fmt: skip
    assert Outcome(10, 4, 0, 0.8, 0.8, 1.0, 0.05, 0, "BudgetSpentError").broken() == ["money was left"]
