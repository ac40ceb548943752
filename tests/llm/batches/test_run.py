from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.llm.batches.batching import WIRES, rows, said, wire
from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.run import BatchAnswerStream
from topicsmith.llm.errors import BadRequest, ProviderFailure, Transient
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer


def ask(name: str, server: ScriptedServer, asks: list[Ask], path: Path) -> dict[str, AskOutcome]:
    asking = BatchAnswerStream(asks, wire(name, server.url), path, EngineSettings(), 0.01, believed_after_s=0.2)
    return {outcome.id: outcome for outcome in asking}


@pytest.mark.parametrize("name", WIRES)
def test_answers_come_by_their_id_whatever_their_order(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    found = ask(name, server, rows(40), tmp_path / "ledger.sqlite")
    assert {key: outcome.answers[0].answer.text for key, outcome in found.items()} == {
        f"q{n}": f"about row {n}" for n in range(40)
    }
    assert (len(server.batches.jobs), server.calls) == (1, 0)
    again = ask(name, server, rows(45), tmp_path / "ledger.sqlite")
    assert len(again) == 45
    assert [len(job.requests) for job in server.batches.jobs.values()] == [40, 5]


@pytest.mark.parametrize("name", WIRES)
def test_only_what_expired_or_is_missing_is_handed_in_again(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    def fates(custom_id: str, text: str) -> str | int | None:
        first = len(server.batches.jobs) == 1
        found: dict[str, str | int] = {"row 1": "expired", "row 2": "missing", "row 3": 500}
        return found.get(text) if first else None

    server.batches.fates = fates
    found = ask(name, server, rows(10), tmp_path / "ledger.sqlite")
    assert [len(job.requests) for job in server.batches.jobs.values()] == [10, 3]
    assert all(outcome.failure is None for outcome in found.values())
    assert (found["q0"].calls, found["q2"].calls) == (1, 2)


@pytest.mark.parametrize("name", WIRES)
def test_a_refused_row_is_marked_and_not_handed_in_again(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    server.batches.fates = lambda custom_id, text: 400 if text == "row 3" else None
    found = ask(name, server, rows(5), tmp_path / "ledger.sqlite")
    assert isinstance(found["q3"].failure, BadRequest)
    assert len(server.batches.jobs) == 1


def test_a_row_that_no_batch_answers_ends_with_a_failure(server: ScriptedServer, tmp_path: Path) -> None:
    server.batches.fates = lambda custom_id, text: "expired" if text == "row 0" else None
    found = ask("openai", server, rows(2), tmp_path / "ledger.sqlite")
    assert isinstance(found["q0"].failure, Transient)
    assert [len(job.requests) for job in server.batches.jobs.values()] == [2, 1, 1, 1]


def test_a_cut_off_answer_goes_into_the_next_batch_with_more_room(tmp_path: Path) -> None:
    def rule(question: AskedQuestion) -> Reply:
        room = question.body["max_completion_tokens"]
        assert isinstance(room, int)
        return Reply("half", "length") if room < 300 and question.user == "row 1" else Reply("whole")

    with ScriptedServer(rule) as server:
        found = ask("openai", server, rows(3), tmp_path / "ledger.sqlite")
        assert [len(job.requests) for job in server.batches.jobs.values()] == [3, 1]
    assert [paid.answer.text for paid in found["q1"].answers] == ["half", "whole"]


@pytest.mark.parametrize("name", WIRES)
def test_a_run_that_ends_while_a_batch_runs_picks_it_up_again(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.batches.polls = 1000
    path = tmp_path / "ledger.sqlite"
    asking = BatchAnswerStream(
        rows(6), wire(name, server.url), path, EngineSettings(say=lambda line: asking.stop()), 0.01
    )
    assert list(asking) == []
    server.batches.polls = 0
    assert len(ask(name, server, rows(6), path)) == 6
    assert len(server.batches.jobs) == 1


@pytest.mark.parametrize("name", WIRES)
def test_a_process_that_dies_between_handing_in_and_noting_the_id_finds_its_job(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite"
    server.batches.polls = 1000
    asking = BatchAnswerStream(
        rows(6), wire(name, server.url), path, EngineSettings(say=lambda line: asking.stop()), 0.01
    )
    assert list(asking) == []
    with Ledger(path) as ledger:
        [(job_name, job)] = ledger.jobs().items()
        ledger.save_job(job_name, {**{k: v for k, v in job.items() if k != "id"}, "state": "sending", "at": 0.0})
    server.batches.polls = 0
    assert len(ask(name, server, rows(6), path)) == 6
    assert len(server.batches.jobs) == 1


def test_strange_lines_and_second_answers_change_nothing(server: ScriptedServer, tmp_path: Path) -> None:
    content = server.batches._content
    server.batches._content = lambda file: b"\n".join(  # type: ignore[method-assign]  # a server that misbehaves
        [content(file), content(file), b'{"custom_id": "ffff", "response": {"status_code": 200, "body": {}}}']
    )
    found = ask("openai", server, rows(4), tmp_path / "ledger.sqlite")
    assert len(found) == 4
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.spent("labeling").answers == 4


def test_a_batch_that_the_provider_rejects_stops_the_run(server: ScriptedServer, tmp_path: Path) -> None:
    show = server.batches._show

    def failed(name: str) -> dict[str, object]:
        return {**show(name), "status": "failed", "errors": {"data": [{"message": "line 1 is too long"}]}}

    server.batches._show = failed  # type: ignore[method-assign]  # a server that rejects the file
    with pytest.raises(UpstreamError, match="line 1 is too long"):
        ask("openai", server, rows(4), tmp_path / "ledger.sqlite")


def test_a_refused_key_stops_it(tmp_path: Path) -> None:
    with ScriptedServer(said) as server:
        server.batches.handle = lambda incoming: (401, b'{"error": {"message": "bad key"}}')  # type: ignore[method-assign]
        with pytest.raises(ProviderFailure, match="bad key"):
            ask("openai", server, rows(4), tmp_path / "ledger.sqlite")


def test_a_job_that_another_run_handed_in_is_collected_and_paid_by_that_run(
    server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite"
    wired = wire("openai", server.url)
    server.batches.polls = 1000
    one = EngineSettings(account="labeling:one", cost=lambda usage: 0.01, say=lambda line: asking.stop())
    asking = BatchAnswerStream(rows(6), wired, path, one, 0.01)
    assert list(asking) == []
    server.batches.polls = 0
    two = EngineSettings(account="labeling:two", cost=lambda usage: 0.01, budget_usd=0.001)  # less than it cost
    found = list(BatchAnswerStream(rows(6), wired, path, two, 0.01))
    assert [len(outcome.answers) for outcome in found] == [1] * 6
    with Ledger(path) as ledger:
        assert [ledger.spent(f"labeling:{run}").answers for run in ("one", "two")] == [6, 0]
        assert {row.asked for row in ledger.spending()} == {"openai:m-1"}


def test_jobs_that_two_processes_hand_in_at_the_same_moment_are_both_known(
    server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite"
    server.batches.polls = 2
    asked = partial(ask, "openai", server, rows(4), path)
    with ThreadPoolExecutor(2) as pool:
        assert [len(done.result()) for done in [pool.submit(asked), pool.submit(asked)]] == [4, 4]
    with Ledger(path) as ledger:
        assert len(ledger.jobs()) == len(server.batches.jobs)
        assert ledger.count() == 4
