"""Faults 1 to 20: what a provider, the network and the clock can do."""

import gzip
import ssl
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.labelling import annotator, answer, first_time, label, queries
from tests.llm.simulator import simulate
from topicsmith.errors import BudgetSpentError, ProjectError, StoppedError
from topicsmith.llm.errors import AuthRefused, QuotaExhausted
from topicsmith.llm.http import Untrusted
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.prices import Price
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer


def error(status: int, **body: object) -> Fault:
    import orjson

    return Fault(status=status, body=orjson.dumps({"error": {"message": "scripted", **body}}))


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{"retry-after": "1"}, {"retry-after-ms": "900"}, "date"])
def test_fault_01_a_wait_asked_for_is_kept_by_everybody(headers: dict[str, str] | str, tmp_path: Path) -> None:
    if not isinstance(headers, dict):
        headers = {"date": "Mon, 23 Nov 2026 10:00:00 GMT", "retry-after": "Mon, 23 Nov 2026 10:00:01 GMT"}
    fault = Fault(status=429, headers=headers)
    with ScriptedServer(answer, faults=first_time(fault), latency_s=0.02) as server:
        found = label(server, tmp_path, number=60)
        sent = [at for at, _ in server.log.questions]
        refused = next(at for at, question in server.log.questions if "row 0 " in question.user)
    assert found["q0"].status == "labelled"
    assert not [at for at in sent if refused + 0.1 < at < refused + 0.85]
    assert [at for at in sent if at >= refused + 0.85]


@pytest.mark.slow
@pytest.mark.parametrize("wait", ["0", "-5", "NaN", "1e9", "soon", "Mon, 23 Nov 100000 10:00:00 GMT", ""])
def test_fault_02_a_wait_that_means_nothing_is_replaced_by_backoff(wait: str, tmp_path: Path) -> None:
    fault = Fault(status=429, headers={"retry-after": wait})
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        began = time.monotonic()
        assert label(server, tmp_path)["q0"].status == "labelled"
        assert time.monotonic() - began < 5
        assert server.calls == 6


def test_fault_02_a_wait_longer_than_borne_with_parks_the_run(tmp_path: Path) -> None:
    fault = Fault(status=429, headers={"retry-after": "86400"})
    with (
        ScriptedServer(answer, faults=first_time(fault)) as server,
        pytest.raises(StoppedError, match="asks to wait 86400 s") as stopped,
    ):
        label(server, tmp_path)
    assert stopped.value.exit_code == 3


def test_fault_03_a_burst_of_refusals_cuts_once_and_recovers() -> None:
    outcome = simulate(2000, lambda now: 20, retry_after_s=1.0)
    assert 2000 / outcome.seconds >= 38
    assert outcome.refused_share < 0.05


@pytest.mark.slow
def test_fault_03_a_limit_nobody_told_of_is_found_on_a_real_server(tmp_path: Path) -> None:
    """Of 20 calls at once 5 are taken: 15 are refused together, and then hardly any."""
    with ScriptedServer(answer, limit=5, latency_s=0.02) as server:
        found = label(server, tmp_path, number=200, at_once=20)
    assert all(a.status == "labelled" for a in found.values())
    assert server.answers == 200  # a refused call is not paid, and none is asked twice
    assert 15 <= server.log.refused <= 15 + 10


NO_MONEY = "You exceeded your current quota, please check your plan and billing details"


@pytest.mark.parametrize("fault", [error(429, code="insufficient_quota"), error(402), error(429, message=NO_MONEY)])
def test_fault_04_an_empty_account_stops_the_run_without_a_storm(fault: Fault, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=lambda number, question: fault) as server:
        with pytest.raises(QuotaExhausted):
            label(server, tmp_path, number=100, at_once=1)
        assert server.calls == 1


@pytest.mark.parametrize(("status", "calls"), [(401, 1), (403, 3), (404, 1)])
def test_fault_05_a_refused_key_stops_everything(status: int, calls: int, tmp_path: Path) -> None:
    """A 403 may be about one text alone, so two more are tried."""
    with ScriptedServer(answer, faults=lambda number, question: error(status)) as server:
        with pytest.raises(AuthRefused):
            label(server, tmp_path, number=100, at_once=1)
        assert server.calls == calls


@pytest.mark.parametrize("status", [400, 422])
def test_fault_05_a_refused_request_marks_its_row_at_once(status: int, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(error(status))) as server:
        assert label(server, tmp_path)["q0"].status == "failed"
        assert server.calls == 5


def test_fault_06_a_text_too_large_marks_its_row_and_is_never_sent_again(tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(error(413))) as server:
        assert label(server, tmp_path)["q0"].status == "too_large"
        assert server.calls == 5


@pytest.mark.slow
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 408, 409])
def test_fault_07_a_passing_failure_is_tried_again(status: int, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(error(status))) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        assert server.calls == 6


@pytest.mark.slow
def test_fault_07_retries_are_a_tenth_of_all_calls_while_a_provider_fails_often(tmp_path: Path) -> None:
    chance = Random(5)
    with ScriptedServer(
        answer, faults=lambda number, question: error(500) if chance.random() < 0.06 else None
    ) as server:
        found = label(server, tmp_path, number=600)
        assert all(a.status == "labelled" for a in found.values())
        assert server.calls <= 1.1 * 600 + 10


def certificate(folder: Path) -> ssl.SSLContext:
    """A self-signed certificate for this machine."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_fault_08_a_certificate_that_does_not_check_stops_the_run_and_nothing_is_sent(tmp_path: Path) -> None:
    with ScriptedServer(answer, tls=certificate(tmp_path)) as server:
        with pytest.raises(Untrusted, match="certificate"):
            label(server, tmp_path)
        assert server.calls == 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", [Fault(delay_s=30.0), Fault(drip_s=0.2)])
def test_fault_09_no_call_outlasts_its_deadline(fault: Fault, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        began = time.monotonic()
        assert label(server, tmp_path, total_s=0.5)["q0"].status == "labelled"
        assert time.monotonic() - began < 5


@pytest.mark.slow
@pytest.mark.parametrize("cut_at", [0, 1, 20, 60, 120, 300])
def test_fault_10_a_connection_that_breaks_gives_one_label_under_one_name(cut_at: int, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(Fault(cut_at=cut_at))) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        names = [q.headers["idempotency-key"] for _, q in server.log.questions if "row 0 " in q.user]
    assert len(names) == 2
    assert len(set(names)) == 1


BODY = b'{"choices": []}'
BROKEN = [
    Fault(headers={"content-length": "10"}, body=BODY),
    Fault(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n" + BODY),
    Fault(raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n" + BODY),
    Fault(headers={"content-encoding": "gzip"}, body=gzip.compress(BODY)[:-6]),
    Fault(headers={"content-encoding": "gzip"}, body=gzip.compress(bytes(60_000_000))),
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_fault_11_a_body_that_is_not_what_its_headers_say_is_asked_for_again(fault: Fault, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"


STRANGE = [
    Fault(headers={"content-type": "text/html"}, body=b"<html>Service temporarily unavailable</html>"),
    Fault(body=b""),
    Fault(body=b"\xef\xbb\xbf"),
    Fault(body=b"\x00" * 40),
    Fault(body=b"null"),
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", STRANGE)
def test_fault_12_a_success_that_is_no_answer_is_asked_for_again(fault: Fault, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        assert server.calls == 6


@pytest.mark.slow
def test_fault_13_an_error_inside_a_success_counts_as_that_error(tmp_path: Path) -> None:
    limited = Fault(body=b'{"error": {"message": "slow down", "type": "rate_limit_error"}}')
    with ScriptedServer(answer, faults=first_time(limited)) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
    empty = Fault(body=b'{"error": {"message": "no money", "code": "insufficient_quota"}}')
    with ScriptedServer(answer, faults=lambda number, question: empty) as server, pytest.raises(QuotaExhausted):
        label(server, tmp_path / "other", number=3)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_fault_14_a_redirect_is_refused_and_the_key_goes_nowhere(scheme: str, tmp_path: Path) -> None:
    with ScriptedServer(answer) as other:
        target = other.url.replace("http", scheme, 1) + "/v1/chat/completions"
        fault = Fault(status=302, headers={"location": target}, body=b"")
        with ScriptedServer(answer, faults=first_time(fault)) as server:
            assert label(server, tmp_path)["q0"].status == "failed"
            assert server.calls == 5
        assert other.calls == 0


USAGES = [b"null", b'{"prompt_tokens": -4, "completion_tokens": "many"}', b'{"prompt_tokens": 1e400}']


@pytest.mark.parametrize("usage", USAGES)
def test_fault_15_a_strange_usage_keeps_the_label_with_an_unknown_cost(usage: bytes, tmp_path: Path) -> None:
    body = (
        b'{"model": "another-model", "choices": [{"finish_reason": "stop", "message": {"content": "{\\"topic\\": '
        b'\\"Travel\\"}"}}], "usage": ' + usage + b"}"
    )
    with ScriptedServer(answer, faults=first_time(Fault(body=body))) as server:
        found = label(server, tmp_path, price=Price("openai:m-1", 1.0, 10.0))
    one = found["q0"]
    assert (one.topic, one.status, one.served_model) == ("Travel", "labelled", "another-model")
    assert (one.usage.input_tokens, one.usage.cost_usd) == (None, None)
    assert found["q1"].usage.cost_usd == (50 * 1.0 + 5 * 10.0) / 1e6


def test_fault_15_answers_that_do_not_say_what_they_cost_cannot_exceed_a_budget(tmp_path: Path) -> None:
    """Each counts as the most it can have cost, in this run and the next one."""
    body = b'{"choices": [{"finish_reason": "stop", "message": {"content": "{\\"topic\\": \\"Other\\"}"}}]}'
    with ScriptedServer(answer, faults=lambda number, question: Fault(body=body)) as server:
        for _ in range(2):
            made = annotator(server.url, tmp_path, budget_usd=0.02, price=Price("openai:m-1", 1.0, 10.0))
            with pytest.raises(BudgetSpentError):
                list(made.annotate(queries(100)))
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            spent = ledger.spent("labeling")
    assert 0.01 < spent.usd <= 0.02
    assert 0 < spent.unpriced == spent.answers == server.calls < 100


def test_fault_16_answers_in_any_order_reach_their_own_rows(tmp_path: Path) -> None:
    chance = Random(3)
    topics = ("Science", "Travel", "Other")

    def own(question: AskedQuestion) -> Reply:
        number = next(n for n in range(60) if f"row {n} " in question.user)
        return Reply(f'{{"topic": "{topics[number % 3]}"}}')

    delays = lambda number, question: Fault(delay_s=chance.uniform(0, 0.1))  # noqa: E731  # one line says it
    with ScriptedServer(own, faults=delays) as server:
        found = label(server, tmp_path, number=60)
    assert {name: a.topic for name, a in found.items()} == {f"q{n}": topics[n % 3] for n in range(60)}


@pytest.mark.slow
def test_fault_19_waits_and_deadlines_do_not_follow_the_wall_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock goes an hour forth and an hour back while a wait of a second runs, which is kept all the same."""
    wall, looks = time.time, [0]

    def jumping() -> float:
        looks[0] += 1
        return wall() + (3600.0, -3600.0, 0.0)[looks[0] % 3]

    monkeypatch.setattr(time, "time", jumping)
    fault = Fault(status=429, headers={"retry-after": "1"})
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        found = label(server, tmp_path, number=60)
        times = [at for at, question in server.log.questions if "row 0 " in question.user]
    assert 0.9 < times[1] - times[0] < 3
    assert all(a.status == "labelled" and a.latency_s is not None and 0 <= a.latency_s < 2 for a in found.values())


@pytest.mark.slow
def test_fault_19_a_date_to_come_back_at_is_read_by_the_clock_of_the_service(tmp_path: Path) -> None:
    """The service's clock is a year behind; the difference between its own two dates is what counts."""
    headers = {"date": "Sun, 23 Nov 2025 10:00:00 GMT", "retry-after": "Sun, 23 Nov 2025 10:00:02 GMT"}
    with ScriptedServer(answer, faults=first_time(Fault(status=429, headers=headers))) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        times = [at for at, question in server.log.questions if "row 0 " in question.user]
    assert times[1] - times[0] > 1.5  # backoff would be a second at most


def test_fault_20_without_a_price_a_budget_cannot_be_kept_and_nothing_is_sent(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        with pytest.raises(ProjectError, match="price"):
            list(annotator(server.url, tmp_path, budget_usd=1.0).annotate(queries(3)))
        assert server.calls == 0
