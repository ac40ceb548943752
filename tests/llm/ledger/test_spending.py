"""Sums of what was spent: every token where its cost is."""

from dataclasses import replace
from pathlib import Path

from tests.llm.ledger.filling import DAY, NOON, key, paid
from topicsmith.llm.ledger.ledger import Ledger, Spent
from topicsmith.llm.ledger.spending import Spending, SpendingSum, spending_of, total, totals, whose
from topicsmith.records import Usage


def test_one_answer_is_counted_with_its_tokens() -> None:
    assert spending_of("bench:one/a", paid()) == Spending(
        "bench:one/a", "openai", "m-1", "2023-11-15", 1, 0.25, 0.0, 0, 0, 10, 2, 4, 1
    )
    silent = paid(usd=None)
    silent = replace(silent, answer=replace(silent.answer, usage=Usage(output_tokens=3)))
    assert spending_of("a", silent) == Spending("a", "openai", "m-1", "2023-11-15", 1, 0.0, 0.0, 1, 1, 0, 3, 0, 0)


def test_accounts_name_purpose_and_run() -> None:
    labelling = spending_of("labeling:march", paid())
    asked, elsewhere = spending_of("bench:march/glm", paid()), spending_of("classify:glm", paid())
    assert [(row.purpose, row.run) for row in (labelling, asked, elsewhere, spending_of("labeling", paid()))] == [
        ("labeling", "march"), ("bench", "march"), ("classify", ""), ("labeling", ""),
    ]  # fmt: skip
    found = [spending_of(account, paid()) for account in ("discover:march", "discover")]
    assert [(row.purpose, row.run) for row in found] == [("discover", "march"), ("discover", "")]
    assert whose("labeling:a:b") == "a:b"
    assert whose("discover:march") == whose("labeling:march")


def test_what_is_saved_is_summed_by_model_and_day(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling:one", [(key(0), paid()), (key(1), paid(at=NOON + DAY)), (key(2), paid(model="m-2"))])
        ledger.save("evaluate:one/a", [(key(0), paid("again"))])  # paid for twice: counted twice, with its tokens
        ledger.save("labeling:one", [(key(3), paid(usd=None)), (key(4), paid())], assumed_usd=0.5)
        rows = ledger.spending()
    assert totals(rows, lambda row: row.asked) == (
        SpendingSum("openai:m-1", 5, 1.0, 0.5, 1, 0, 50, 10, 20, 5),
        SpendingSum("openai:m-2", 1, 0.25, 0.0, 0, 0, 10, 2, 4, 1),
    )
    assert [(each.name, each.answers) for each in totals(rows, lambda row: row.day)] == [
        ("2023-11-15", 5), ("2023-11-16", 1),
    ]  # fmt: skip
    assert total(rows, "all") == SpendingSum("all", 6, 1.25, 0.5, 1, 0, 60, 12, 24, 6)
    assert total(()) == SpendingSum("", 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_a_budget_holds_for_all_purposes_of_its_owner_and_for_nobody_else(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for number, account in enumerate(
            ("evaluate:one/a", "bench:one/a", "evaluate:one/b", "labeling:one", "b:two/a")
        ):
            ledger.save(account, [(key(number), paid())])
        assert ledger.spent("classify:one/a") == Spent(answers=2, usd=0.5)
        assert ledger.spent("labeling:one") == Spent(answers=1, usd=0.25)
        assert ledger.spent("labeling:two") == Spent()
