import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.llm.asking import PlainProvider, ask, quick, rows
from topicsmith.errors import BudgetSpentError, ProjectError, UpstreamError
from topicsmith.llm.errors import AuthRefused, BadRequest, QuotaExhausted, TooLarge, Transient
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.engine import ask_all
from topicsmith.llm.requests.types import Ask, AskOutcome
from topicsmith.llm.types import ChatRequest
from topicsmith.records import Usage
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer


def echo(question: AskedQuestion) -> str:
    return f"about {question.user}"


@pytest.mark.slow
def test_every_question_gets_its_own_answer(tmp_path: Path) -> None:
    with ScriptedServer(echo, latency_s=0.2) as server:
        found = ask(server.url, rows(300), tmp_path / "ledger.sqlite")
        assert {name: outcome.answers[-1].answer.text for name, outcome in found.items()} == {
            f"q{n}": f"about row {n}" for n in range(300)
        }
        assert (server.answers, server.log.most_at_once) == (300, 20)


def test_a_second_run_pays_only_for_what_is_new_in_any_order(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        ask(server.url, rows(100), tmp_path / "ledger.sqlite")
        found = ask(server.url, list(reversed(rows(130, start=20))), tmp_path / "ledger.sqlite")
        assert server.answers == 150
        assert sum(outcome.calls for outcome in found.values()) == 50
        assert found["q99"].answers[0].answer.text == "about row 99"


def test_equal_questions_are_paid_once_and_answer_every_row(tmp_path: Path) -> None:
    same = [Ask(f"r{n}", ChatRequest("m-1", "s", f"text {n % 3}")) for n in range(1000)]
    with ScriptedServer(echo) as server:
        found = ask(server.url, same, tmp_path / "ledger.sqlite")
        assert server.answers == 3
        assert found["r998"].answers[0].answer.text == "about text 2"


def test_a_cut_off_answer_is_asked_again_once_with_more_room_and_both_are_kept(tmp_path: Path) -> None:
    def rule(question: AskedQuestion) -> Reply:
        short = question.body["max_tokens"] == 256 or question.user == "row 7"
        return Reply("half", "length") if short else Reply("whole")

    with ScriptedServer(rule) as server:
        found = ask(server.url, rows(10), tmp_path / "ledger.sqlite")
        texts = [paid.answer.text for paid in found["q3"].answers]
        assert texts == ["half", "whole"]
        assert [paid.answer.finish for paid in found["q7"].answers] == ["length", "length"]
        assert server.calls == 20
        again = ask(server.url, rows(10), tmp_path / "ledger.sqlite")
        assert server.calls == 20
        assert [paid.answer.text for paid in again["q3"].answers] == texts


@pytest.mark.slow
def test_failures_that_pass_are_tried_again_and_those_that_do_not_mark_the_row(tmp_path: Path) -> None:
    fail = {"row 3": 500, "row 5": 400, "row 6": 413}
    seen: dict[str, int] = {}

    def faults(number: int, question: AskedQuestion) -> Fault | None:
        seen[question.user] = seen.get(question.user, 0) + 1
        if question.user == "row 3" and seen["row 3"] > 2:
            return None
        status = fail.get(question.user)
        return Fault(status=status) if status else None

    with ScriptedServer(echo, faults=faults) as server:
        found = ask(server.url, rows(10), tmp_path / "ledger.sqlite")
    assert found["q3"].failure is None
    assert found["q3"].calls == 3
    assert isinstance(found["q5"].failure, BadRequest)
    assert isinstance(found["q6"].failure, TooLarge)
    assert (seen["row 5"], seen["row 6"]) == (1, 1)


@pytest.mark.slow
def test_a_row_that_fails_every_time_ends_with_its_failure(tmp_path: Path) -> None:
    def faults(number: int, question: AskedQuestion) -> Fault | None:
        return Fault(status=500) if question.user == "row 1" else None

    with ScriptedServer(echo, faults=faults) as server:
        found = ask(server.url, rows(30), tmp_path / "ledger.sqlite")
    assert isinstance(found["q1"].failure, Transient)
    assert found["q1"].calls == 4
    assert sum(outcome.failure is None for outcome in found.values()) == 29


@pytest.mark.parametrize(("status", "kind"), [(401, AuthRefused), (402, QuotaExhausted)])
def test_a_refused_key_or_an_empty_account_stops_the_run_at_once(
    tmp_path: Path, status: int, kind: type[Exception]
) -> None:
    with ScriptedServer(echo, faults=lambda number, question: Fault(status=status)) as server:
        with pytest.raises(kind):
            ask(server.url, rows(500), tmp_path / "ledger.sqlite", quick(concurrency=5))
        assert server.calls <= 5


def test_when_every_request_is_refused_the_run_stops(tmp_path: Path) -> None:
    with ScriptedServer(echo, faults=lambda number, question: Fault(status=400)) as server:
        with pytest.raises(UpstreamError, match="each of the first"):
            ask(server.url, rows(500), tmp_path / "ledger.sqlite", quick(concurrency=5))
        assert server.calls <= 30


def cents(usage: Usage) -> float:
    """One cent an output token; prompts are free."""
    return (usage.output_tokens or 0) * 0.01


def test_the_budget_is_never_exceeded_and_everything_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    short = [Ask(f"q{n}", ChatRequest("m-1", "s", f"row {n}", max_output_tokens=10)) for n in range(500)]
    with ScriptedServer(lambda question: Reply("x", output_tokens=3)) as server:
        got: list[AskOutcome] = []
        with pytest.raises(BudgetSpentError, match=r"budget_usd 3") as stopped:
            got.extend(ask_all(short, PlainProvider(server.url), path, quick(budget_usd=3.0, cost=cents)))
        assert stopped.value.exit_code == 3
        with Ledger(path) as ledger:
            spent = ledger.spent("labeling")
        assert spent.answers == server.answers
        assert 2.9 < spent.usd <= 3.0  # stops when a call of at most 10 cents might not fit
        with pytest.raises(BudgetSpentError):
            ask(server.url, short, path, quick(budget_usd=3.0, cost=cents))
        assert server.answers == spent.answers
        assert len(ask(server.url, short, path, quick(budget_usd=30.0, cost=cents))) == 500
        assert server.answers == 500


def test_a_budget_without_a_price_is_refused_before_any_call(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        with pytest.raises(ProjectError, match="the price of plain:m-1 is not known"):
            ask(server.url, rows(5), tmp_path / "ledger.sqlite", quick(budget_usd=3.0))
        assert server.calls == 0


@pytest.mark.slow
def test_stopping_drains_what_is_under_way_and_keeps_it(tmp_path: Path) -> None:
    with ScriptedServer(echo, latency_s=0.3) as server:
        with ask_all(rows(500), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()) as outcomes:
            got = [next(outcomes)]
            threading.Timer(0.1, outcomes.stop).start()
            got.extend(outcomes)
        assert 20 < server.answers <= 40
        assert len(got) == server.answers
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            assert ledger.count() == server.answers


@pytest.mark.slow
def test_stopping_does_not_wait_longer_than_the_drain(tmp_path: Path) -> None:
    with ScriptedServer(echo, latency_s=30.0) as server:
        started = time.monotonic()
        with ask_all(
            rows(5), PlainProvider(server.url), tmp_path / "l.sqlite", quick(drain_s=0.5, total_s=60.0)
        ) as got:
            threading.Timer(0.2, got.stop).start()
            assert list(got) == []
        assert time.monotonic() - started < 5.0


def test_what_goes_wrong_in_reading_the_questions_is_raised_to_the_caller(tmp_path: Path) -> None:
    def broken() -> "list[Ask]":
        raise ProjectError("no such column")

    with ScriptedServer(echo) as server, pytest.raises(ProjectError, match="no such column"):
        ask(server.url, (asks for _ in range(1) for asks in broken()), tmp_path / "ledger.sqlite")


@pytest.mark.slow
def test_a_caller_that_reads_slowly_holds_the_questions_back(tmp_path: Path) -> None:
    taken = 0

    def many() -> Iterator[Ask]:
        nonlocal taken
        for number in range(40_000):
            taken += 1
            yield Ask(f"q{number}", ChatRequest("m-1", "s", f"row {number % 50}"))

    with ScriptedServer(echo) as server:
        path = tmp_path / "ledger.sqlite"
        with ask_all(many(), PlainProvider(server.url), path, quick()) as outcomes:
            next(outcomes)
            time.sleep(1.0)
            assert taken < 20_000
            assert sum(1 for _ in outcomes) == 39_999
