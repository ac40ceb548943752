"""What the end of a call means, and rows answered from the ledger."""

import pytest

from topicsmith.llm.errors import (
    AuthRefused,
    BadRequest,
    Malformed,
    ProviderFailure,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    Transient,
)
from topicsmith.llm.http import MachineFull, Untrusted
from topicsmith.llm.ledger.ledger import answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.row_state import Ending, RowState, ending_of, take_all
from topicsmith.llm.requests.types import retry_with_more_tokens
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage

REQUEST = ChatRequest("m-1", "system", "text", max_output_tokens=100)
LONGER = ChatRequest("m-1", "system", "text", max_output_tokens=400)
CUT = Paid(Answer("hal", "length", Usage(10, 100), "m-1"), 0.4, 1764000000.0)
WHOLE = Paid(Answer("half", "stop", Usage(10, 2), "m-1"), 0.4, 1764000000.0)


def row(*ids: str) -> RowState:
    key = answer_key("plain", REQUEST, 0)
    return RowState(list(ids), key, key, REQUEST)


@pytest.mark.parametrize(
    ("failure", "ending"),
    [
        (QuotaExhausted("", status=402), "suspected"),
        (AuthRefused("", status=401), "suspected"),
        (Untrusted("certificate"), "stop"),
        (MachineFull("handles"), "machine_full"),
        (RateLimited("", status=429), "limited"),
        (Transient("", status=503), "limited"),
        (Transient("", status=500), "retry"),
        (Malformed("", status=200), "retry"),
        (BadRequest("", status=400), "done"),
        (TooLarge("", status=413), "done"),
    ],
)
def test_what_a_failure_means(failure: ProviderFailure, ending: Ending) -> None:
    assert ending_of(failure) == ending


def test_a_cut_off_answer_is_followed_by_a_larger_request_under_a_key_of_its_own() -> None:
    asked = row("a")
    asked.tries = 3
    assert not asked.take(CUT, retry_with_more_tokens, "plain")
    assert (asked.turn, asked.tries, asked.request) == (1, 0, LONGER)
    assert asked.key == answer_key("plain", LONGER, 1) != asked.first_key
    assert asked.take(WHOLE, retry_with_more_tokens, "plain")
    assert asked.answers == [CUT, WHOLE]


def test_every_row_that_asked_the_question_gets_its_outcome() -> None:
    asked = row("a", "b")
    asked.answers.append(CUT)
    asked.calls = 2
    failure = Transient("gone", status=500)
    assert [(o.id, o.answers, o.failure, o.calls) for o in asked.outcomes(failure)] == [
        ("a", (CUT,), failure, 2),
        ("b", (CUT,), failure, 2),
    ]


def test_the_ledger_answers_turn_by_turn_and_leaves_what_it_does_not_know() -> None:
    known = {answer_key("plain", REQUEST, 0): CUT, answer_key("plain", LONGER, 1): WHOLE}
    other = ChatRequest("m-1", "system", "another text")
    key = answer_key("plain", other, 0)
    cut, unknown = row("a"), RowState(["b"], key, key, other)
    looked_up: list[int] = []

    def find(keys: list[bytes]) -> dict[bytes, Paid]:
        looked_up.append(len(keys))
        return {key: known[key] for key in keys if key in known}

    assert take_all([cut, unknown], find, retry_with_more_tokens, "plain") == ([cut], [unknown])
    assert cut.answers == [CUT, WHOLE]
    assert looked_up == [2, 1]
    del known[answer_key("plain", LONGER, 1)]
    half = row("c")
    assert take_all([half], find, retry_with_more_tokens, "plain") == ([], [half])
    assert half.turn == 1
