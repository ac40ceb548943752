"""The rows of a run: in which order they are sent."""

from pathlib import Path

from tests.llm.asking import rows
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.intake import Intake
from topicsmith.llm.requests.types import Ask, retry_with_more_tokens


def texts(intake: Intake, *, from_afar: bool = False) -> list[str]:
    found = []
    while (row := intake.next(alone=True, from_afar=from_afar)) is not None:
        found.append(row.request.user)
    return found


def test_rows_in_order_and_those_that_ask_the_same_together(tmp_path: Path) -> None:
    asks = [*rows(3), Ask("again", rows(1)[0].request)]
    with Ledger(tmp_path / "l.sqlite") as ledger:
        intake = Intake(iter(asks), ledger, retry_with_more_tokens, "plain")
        assert intake.refill(10) == []
        assert (intake.taken, intake.under_way, intake.exhausted) == (4, 3, False)
        assert intake.fresh[0].ids == ["q0", "again"]
        assert texts(intake) == ["row 0", "row 1", "row 2"]
        intake.refill(10)
        assert intake.exhausted


def test_after_refusals_in_a_row_the_others_are_tried_from_the_far_end(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        intake = Intake(iter(rows(3)), ledger, retry_with_more_tokens, "plain")
        intake.refill(10)
        assert texts(intake, from_afar=True) == ["row 2", "row 1", "row 0"]


def test_rows_set_aside_come_last_and_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        intake = Intake(iter(rows(2)), ledger, retry_with_more_tokens, "plain")
        intake.refill(10)
        intake.aside.append(intake.fresh.popleft())
        assert texts(intake) == ["row 1"]  # not all is read yet
        intake.refill(10)
        assert intake.next(alone=False, from_afar=False) is None
        assert texts(intake) == ["row 0"]


def test_a_row_to_ask_again_is_due_after_its_wait(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        intake = Intake(iter(rows(2)), ledger, retry_with_more_tokens, "plain")
        intake.refill(2)
        intake.again(intake.fresh.popleft(), 100.0)
        assert intake.next_retry(lambda: 0.0) is None
        assert 99 < intake.retry_wait_s(lambda: 0.0) <= 100
        intake.again(intake.fresh.popleft(), 0.0)
        assert intake.next_retry(lambda: 5.0) is None  # the budget of retries holds it back
        due = intake.next_retry(lambda: 0.0)
        assert due is not None
        assert due.request.user == "row 1"
