"""What results say, into the ledger."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
import pytest

from topicsmith.llm.batches.base import UNREADABLE, Result
from topicsmith.llm.batches.rows import BatchRow, Collector, Kept
from topicsmith.llm.errors import BadRequest, Transient
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.providers import provider
from topicsmith.llm.requests.budget import Budget, Held
from topicsmith.llm.types import ChatRequest
from topicsmith.records import Usage

WIRE = provider("compatible", "m", {"TOPICSMITH_BASE_URL": "http://127.0.0.1:9"})


def row(number: int) -> BatchRow:
    request = ChatRequest("m", "s", f"row {number}")
    return BatchRow([f"q{number}"], request, answer_key("compatible", request))


def good(asked: BatchRow) -> Result:
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
    return Result(asked.key.hex(), 200, orjson.dumps(body))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "l.sqlite") as opened:
        yield opened


def keep(ledger: Ledger, results: Iterable[Result], rows: list[BatchRow]) -> Kept:
    budget = Budget(None, lambda usage: None, Held(), lambda: ledger.spent("a"), WIRE)
    collector = Collector(WIRE, ledger, "a", budget, lambda usage: float(usage.input_tokens or 0))
    keys = [each.key.hex() for each in rows]
    return collector.keep(iter(results), keys, 0.0, {each.key.hex(): each for each in rows})


def test_answers_are_kept_once_and_lines_that_cannot_be_read_are_counted(ledger: Ledger) -> None:
    first, second, stranger = row(1), row(2), row(3)
    kept = keep(ledger, [good(first), UNREADABLE, good(first), good(stranger), UNREADABLE], [first, second])
    assert kept == Kept({first.key.hex()}, {first.key.hex()}, unreadable=2, foreign=1)
    assert kept.said(2, 1) == (
        "1 of 2 rows answered; 2 lines cannot be read; 1 lines name no row of it; "
        "1 rows have no answer and are asked again"
    )
    assert ledger.spent("a").answers == 1
    assert list(ledger.find([first.key, second.key, stranger.key])) == [first.key]


def test_a_refusal_and_an_error_in_the_place_of_an_answer_are_their_rows_failures(ledger: Ledger) -> None:
    first, second, third = row(1), row(2), row(3)
    in_choice = orjson.dumps({"choices": [{"error": {"code": 502, "message": "upstream"}, "message": {}}]})
    results = [
        Result(first.key.hex(), 400, b'{"error": {"message": "no"}}'),
        Result(second.key.hex(), 200, in_choice),
        Result(third.key.hex(), 0, b""),
    ]
    keep(ledger, results, [first, second, third])
    assert isinstance(first.failure, BadRequest)
    assert "upstream" in str(second.failure)
    assert third.failure is None
    assert ledger.spent("a").answers == 0


def test_what_became_of_a_row_is_told_for_every_query_that_asked_it(ledger: Ledger) -> None:
    asked = row(1)
    asked.ids.append("q9")
    keep(ledger, [good(asked)], [asked])
    asked.answers = [ledger.find([asked.key])[asked.key]]
    assert [outcome.id for outcome in asked.outcomes()] == ["q1", "q9"]
    assert asked.answers[0].answer.usage == Usage(3, 0, cost_usd=3.0)


def test_an_answer_beside_a_refusal_of_the_same_row_counts_whichever_comes_first(ledger: Ledger) -> None:
    first, second = row(1), row(2)
    refusals = {each.key: Result(each.key.hex(), 400, b'{"error": {"message": "no"}}') for each in (first, second)}
    kept = keep(ledger, [refusals[first.key], good(first), good(second), refusals[second.key]], [first, second])
    assert kept.answered == {first.key.hex(), second.key.hex()}
    assert (first.failure, second.failure) == (None, None)


def test_answers_before_results_are_denied_are_kept(ledger: Ledger) -> None:
    first = row(1)

    def results() -> Iterator[Result]:
        yield good(first)
        raise Transient("the second file is not there")

    with pytest.raises(Transient):
        keep(ledger, results(), [first])
    assert ledger.spent("a").answers == 1
