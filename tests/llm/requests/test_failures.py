"""What becomes of a row when a call fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.llm.asking import rows
from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import AuthRefused, BadRequest, ProviderFailure, RateLimited, TooLarge
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.failures import SET_ASIDE, Ended, Failures
from topicsmith.llm.requests.intake import Intake
from topicsmith.llm.requests.pacing import Pacer, PacingSettings
from topicsmith.llm.requests.row_state import RowState
from topicsmith.llm.requests.types import retry_with_more_tokens

FORBIDDEN = AuthRefused("403", status=403)
LIMITED = RateLimited("429", status=429)


class Desk:
    """Three rows, and calls that end as a test says."""

    def __init__(self, ledger: Ledger) -> None:
        self.pacer = Pacer(PacingSettings(10))
        self.rows = Intake(iter(rows(3)), ledger, retry_with_more_tokens, "plain")
        self.rows.refill(10)
        self.rows.refill(10)
        self.failures = Failures(self.pacer, self.rows)

    def fail(self, row: RowState, failure: ProviderFailure) -> Ended:
        return self.failures.ended(row, self.pacer.sent(), failure)

    def accept(self) -> None:
        self.pacer.answered(self.pacer.sent())
        self.failures.answered()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        yield Desk(ledger)


def test_a_row_that_is_refused_alone_ends_with_that_after_three_tries(desk: Desk) -> None:
    row = desk.rows.fresh[0]
    endings = []
    for _ in range(3):
        desk.accept()
        endings.append(desk.fail(row, FORBIDDEN))
    assert endings == [Ended(), Ended(), Ended(finished=True)]
    assert desk.failures.suspicion is None


def test_a_refusal_of_everybody_is_a_suspicion_until_a_call_is_answered(desk: Desk) -> None:
    first, second, third = desk.rows.fresh
    for row in (first, second, third):
        assert desk.fail(row, FORBIDDEN) == Ended()
    assert desk.failures.suspicion is FORBIDDEN
    desk.accept()
    assert desk.failures.suspicion is None


def test_a_row_that_is_always_one_too_many_is_set_aside_and_its_own_fault_when_it_is_so_alone(desk: Desk) -> None:
    row = desk.rows.fresh.popleft()
    desk.accept()
    for _ in range(SET_ASIDE):
        assert desk.fail(row, LIMITED) == Ended()
        assert desk.rows.fresh.popleft() is row
    assert desk.fail(row, LIMITED) == Ended()
    assert desk.rows.aside.pop() is row
    assert [desk.fail(row, LIMITED) for _ in range(3)] == [Ended(), Ended(), Ended(finished=True)]


def test_a_text_too_large_is_nobody_elses(desk: Desk) -> None:
    row = desk.rows.fresh[0]
    assert all(desk.fail(row, TooLarge("413", status=413)) == Ended(finished=True) for _ in range(50))


def test_twenty_bad_requests_in_a_row_are_the_last_and_not_the_first_once_some_were_good(desk: Desk) -> None:
    row = desk.rows.fresh[0]
    desk.accept()
    for _ in range(19):
        assert desk.fail(row, BadRequest("no", status=400)) == Ended(finished=True)
    ended = desk.fail(row, BadRequest("no", status=400))
    assert isinstance(ended.error, UpstreamError)
    assert str(ended.error) == "each of the last 20 requests was refused: no"
    assert desk.failures.in_a_row
