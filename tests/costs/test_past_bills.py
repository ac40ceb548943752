"""Bills of the past: worked out by hand."""

from datetime import date
from typing import Any

import pytest

from topicsmith.costs.past_bills import work_out
from topicsmith.errors import ProjectError
from topicsmith.project import BillSettings


def bill(**settings: Any) -> BillSettings:
    plain = {"name": "x", "model": "together:Qwen/Qwen3-14B", "day": date(2025, 12, 5), "said_usd": 20.0}
    return BillSettings.model_validate({**plain, **settings})


def test_training_is_tokens_times_epochs_times_price() -> None:
    (found,) = work_out([bill(purpose="training", tokens=2_000_000, epochs=5, usd_in=2.0)])
    assert (found.usd, found.off, found.agrees) == (20.0, 0.0, True)  # 10 million at $2
    assert found.basis == "2,000,000 tokens x 5 epochs = 10,000,000 billable x $2 per million"


def test_without_a_price_the_table_of_that_day_holds() -> None:
    (trained,) = work_out([bill(purpose="training", rows=1000, tokens_in=100.5, inferred=["tokens_in"])])
    assert trained.usd == pytest.approx(0.055275)  # 100,500 tokens at $0.55
    assert trained.basis.startswith("1,000 rows x 100.5* tokens = 100,500 tokens x 1 epochs")
    (asked,) = work_out([bill(purpose="labelling", model="anthropic:claude-sonnet-4-5", rows=1000, tokens_in=100)])
    assert asked.usd == pytest.approx(0.3)  # 100,000 tokens at $3


def test_a_price_that_nobody_knows_is_asked_for() -> None:
    with pytest.raises(
        ProjectError, match=r"the price of openai:gpt-4\.1-nano on 2025-12-05 is not known; give 'usd_in'"
    ):
        work_out([bill(purpose="training", model="openai:gpt-4.1-nano", rows=8000, tokens_in=400)])


def test_labelling_bills_are_added_up_and_others_not() -> None:
    one = bill(purpose="labelling", rows=1000, tokens_in=100, tokens_out=10, usd_in=10.0, usd_out=100.0, said_usd=2.0)
    other = bill(purpose="labelling", rows=1000, tokens_in=100, usd_in=10.0, said_usd=1.05)
    found = work_out([one, other, bill(purpose="training", tokens=10, usd_in=1.0)])
    assert [each.purpose for each in found] == ["labelling", "labelling", "labelling", "training"]
    assert (found[2].name, found[2].usd, found[2].said_usd) == ("all of them", 3.0, 3.05)
    assert [each.agrees for each in found] == [
        True,
        False,
        True,
        False,
    ]  # 1.00 for 1.05 is 4.8 % off, 3.00 for 3.05 1.6 %
    assert found[0].basis == "1,000 rows x (100 tokens in at $10, 10 out at $100 per million)"


def test_counts_are_either_of_rows_or_of_the_whole() -> None:
    with pytest.raises(ValueError, match="give 'rows' with 'tokens_in', or 'tokens'"):
        bill(purpose="training", rows=1, tokens=1)
    with pytest.raises(ValueError, match="belong to 'purpose: training'"):
        bill(purpose="labelling", tokens=1)
