import pytest

from tests.llm.asking import PlainProvider
from topicsmith.errors import ProjectError
from topicsmith.llm.ledger.ledger import Spent
from topicsmith.llm.requests.budget import Budget, Held, most_tokens
from topicsmith.llm.types import ChatRequest
from topicsmith.records import Usage

PLAIN = PlainProvider("http://127.0.0.1:9")
REQUEST = ChatRequest("m", "s" * 20, "u" * 16, max_output_tokens=10)


def cost(usage: Usage) -> float:
    """A dollar for 100 tokens in, and for 10 tokens out."""
    return (usage.input_tokens or 0) / 100 + (usage.output_tokens or 0) / 10


class Book:
    """Stands for the ledger's sum."""

    usd = 0.0

    def __call__(self) -> Spent:
        return Spent(1, self.usd)


def test_the_most_a_call_can_be_billed_for() -> None:
    assert most_tokens(REQUEST, 10) == Usage(input_tokens=20 + 16 + 64, output_tokens=10)
    assert most_tokens(ChatRequest("m", "", "日本語"), 1).input_tokens == 9 + 64


def test_calls_are_held_against_what_is_left() -> None:
    book = Book()
    purse = Budget(5.0, cost, Held(), book, PLAIN)
    assert purse.hold(REQUEST) == pytest.approx(2.0)
    assert purse.hold(REQUEST) == pytest.approx(2.0)
    assert purse.hold(REQUEST) is None
    purse.release(2.0)
    book.usd = 1.7
    assert purse.hold(REQUEST) is None  # 1.7 spent, 2.0 held, 2.0 more: 5.7
    book.usd = 1.0
    assert purse.hold(REQUEST) == pytest.approx(2.0)


def test_a_call_dearer_than_thought_is_what_the_next_may_cost() -> None:
    purse = Budget(5.0, cost, Held(), Book(), PLAIN)
    purse.learn(4.0)
    assert purse.hold(REQUEST) == 4.0
    assert purse.hold(REQUEST) is None


def test_those_who_share_a_budget_see_what_the_others_hold() -> None:
    held = Held()
    one, other = (Budget(5.0, cost, held, Book(), PLAIN) for _ in range(2))
    assert one.hold(REQUEST) == pytest.approx(2.0)
    assert other.hold(REQUEST) == pytest.approx(2.0)
    assert one.hold(REQUEST) is None
    other.release(2.0)
    assert one.hold(REQUEST) == pytest.approx(2.0)


def test_without_a_budget_nothing_is_held_and_no_price_is_needed() -> None:
    assert Budget(None, lambda usage: None, Held(), Book(), PLAIN).hold(REQUEST) == 0.0
    with pytest.raises(ProjectError, match="price of plain:m is not known"):
        Budget(5.0, lambda usage: None, Held(), Book(), PLAIN).hold(REQUEST)


def test_the_error_says_what_was_spent_and_the_cure() -> None:
    book = Book()
    book.usd = 4.9
    assert str(Budget(5.0, cost, Held(), book, PLAIN).empty(3)) == (
        "budget_usd 5: $4.9000 spent, the next call of plain may cost more than is left; "
        "3 rows done and kept: raise the budget and run again for the rest"
    )


def test_what_is_set_aside_by_anybody_is_seen_until_it_is_given_back() -> None:
    held = Held()
    one, other = (Budget(5.0, cost, held, Book(), PLAIN) for _ in range(2))
    sums = [other.hold(REQUEST), other.hold(REQUEST)]
    assert one.is_held
    for each in sums:
        assert each is not None
        other.release(each)
    assert not one.is_held
