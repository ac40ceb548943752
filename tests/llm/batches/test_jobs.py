"""Jobs that a service refuses, denies or spoils: split, asked again, collected line by line, never handed in twice."""

from pathlib import Path

import orjson
import pytest

from tests.llm.batches.batching import Own, all_answered, ask, failed_job
from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import TooLarge
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.testing.model_server import ScriptedServer


@pytest.mark.parametrize(
    ("message", "code"),
    [("Enqueued token limit reached for m-1", "token_limit_exceeded"), ("Queue is full for this tier", "tier_limit")],
)
def test_llm_k11_a_job_above_the_limit_of_the_queue_is_halved_until_it_is_taken(
    message: str, code: str, server: ScriptedServer, tmp_path: Path
) -> None:
    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        name = path.rpartition("/")[2]
        job = server.batches.jobs.get(name)
        if method == "GET" and job is not None and len(job.requests) > 20:
            return 200, failed_job(name, message, code)
        return own()

    server.batches.instead = instead
    found, lines = ask(server, tmp_path / "l.sqlite", 30)
    assert len(found) == 30
    assert all_answered(found)
    assert [len(job.requests) for job in server.batches.jobs.values()] == [30, 15, 15]
    assert server.batches.answered == 30
    assert any("handed in again in jobs of at most 15 rows" in line for line in lines)


@pytest.mark.parametrize(("name", "status"), [("anthropic", 413), ("google", 413), ("openai", 413)])
def test_llm_k11_a_job_that_is_refused_for_its_size_when_it_is_handed_in_is_halved(
    name: str, status: int, server: ScriptedServer, tmp_path: Path
) -> None:
    def instead(method: str, path: str, body: bytes, own: Own) -> tuple[int, bytes]:
        if method == "POST" and body.count(b"row ") > 10 and not path.endswith("/v1/batches"):
            return status, orjson.dumps({"error": {"message": "request_too_large"}})
        return own()

    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 30, name)
    assert len(found) == 30
    assert all_answered(found)
    assert max(len(job.requests) for job in server.batches.jobs.values()) <= 10


def test_llm_k11_one_row_that_is_too_large_ends_so_and_the_others_go_on(server: ScriptedServer, tmp_path: Path) -> None:
    def instead(method: str, _: str, body: bytes, own: Own) -> tuple[int, bytes]:
        if method == "POST" and b'row 3"' in body:
            return 413, orjson.dumps({"error": {"message": "too large"}})
        return own()

    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 8, "anthropic")
    assert isinstance(found.pop("q3").failure, TooLarge)
    assert all_answered(found)


def test_a_job_that_failed_for_another_reason_is_told_when_the_others_are_collected(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from topicsmith.llm.batches.openai import OpenAIBatches

    monkeypatch.setattr(OpenAIBatches, "most_lines", 4)

    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        name = path.rpartition("/")[2]
        if method == "GET" and name in server.batches.jobs and name == next(iter(server.batches.jobs)):
            return 200, failed_job(name, "Invalid model", "invalid_model")
        return own()

    server.batches.instead = instead
    with pytest.raises(UpstreamError, match="failed: Invalid model"):
        ask(server, tmp_path / "l.sqlite", 8)
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert ledger.spent("labeling").answers == 4


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.parametrize("where", ["state", "results"])
@pytest.mark.usefixtures("no_backoff")
def test_llm_k06_a_job_that_is_denied_at_first_is_asked_for_again(
    status: int, where: str, server: ScriptedServer, tmp_path: Path
) -> None:
    left = [3]

    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        of_results = path.endswith(("/content", "/results"))
        if (
            method == "GET"
            and left[0]
            and of_results == (where == "results")
            and not path.endswith("/batches?limit=100")
        ):
            left[0] -= 1
            return status, b'{"error": {"message": "Not found"}}'
        return own()

    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 10)
    assert all_answered(found)
    assert len(server.batches.jobs) == 1


def test_llm_k06_a_job_that_is_denied_for_long_is_told_and_nothing_is_handed_in_twice(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.batches.instead = lambda method, path, body, own: (404, b"{}") if method == "GET" else own()
    for _ in range(2):
        with pytest.raises(UpstreamError, match=r"has been denied for 0 minutes; nothing is handed in twice"):
            ask(server, tmp_path / "l.sqlite", 10, denied_s=0.05)
    assert len(server.batches.jobs) == 1
    server.batches.instead = lambda method, path, body, own: own()
    found, _ = ask(server, tmp_path / "l.sqlite", 10)
    assert all_answered(found)
    assert (len(server.batches.jobs), server.batches.answered) == (1, 10)


def test_results_that_stay_denied_while_the_job_is_known_are_not_asked_for_for_ever(
    server: ScriptedServer, tmp_path: Path
) -> None:
    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        return (404, b"{}") if path.endswith("/content") else own()

    server.batches.instead = instead
    with pytest.raises(UpstreamError, match="has been denied for 0 minutes"):
        ask(server, tmp_path / "l.sqlite", 4, denied_s=0.05)
    assert len(server.batches.jobs) == 1


@pytest.mark.parametrize(
    "line",
    [b'{"custom_id": "torn', b"\x00\x00\x00", b"[]", b"\xff\xfe", b'{"custom_id": 7, "response": "x"}',
     b'{"custom_id": "zz", "response": {"status_code": 200, "body": {}}}'],
)  # fmt: skip
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_security_k03_a_bad_line_costs_no_other(name: str, line: bytes, server: ScriptedServer, tmp_path: Path) -> None:
    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        status, body = own()
        if path.endswith(("/content", "/results")) and body and next(iter(server.batches.jobs)) in path:
            body = line + b"\n" + body.partition(b"\n")[2]
        return status, body

    server.batches.instead = instead
    found, lines = ask(server, tmp_path / "l.sqlite", 21, name)
    assert len(found) == 21
    assert all_answered(found)
    assert [len(job.requests) for job in server.batches.jobs.values()] == [21, 1]  # the row whose line was spoilt
    what = "name no row of it" if b'{"custom_id": 7' in line or b'"zz"' in line else "cannot be read"
    [told] = [said for said in lines if "results of batch" in said]
    assert f"20 of 21 rows answered; 1 lines {what}; 1 rows have no answer and are asked again" in told
