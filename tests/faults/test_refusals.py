"""Refusals whose words mislead: whose fault one is follows from what happens to the other rows.

The names are those of the kinds in which public reports of bulk labelling fall; each has siblings in other words.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.faults.labelling import annotator, answer, first_time, label, queries
from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import AuthRefused, ProviderFailure, QuotaExhausted
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.prices import Price
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer

PRICE = Price("openai:m-1", 1.0, 10.0)
Fate = Callable[[int, AskedQuestion], Fault | None]


def error(status: int, **body: object) -> Fault:
    return Fault(status=status, body=orjson.dumps({"error": body}))


def after(number: int, fault: Fault) -> Fate:
    """The first ``number`` calls are accepted, no later one is."""
    seen: Counter[str] = Counter()

    def fate(_: int, __: AskedQuestion) -> Fault | None:
        seen["calls"] += 1
        return fault if seen["calls"] > number else None

    return fate


def always_for(row: str, fault: Fault) -> Fate:
    """One row is refused whenever it is asked."""
    return lambda _, question: fault if f"{row} " in question.user else None


SPENT = [
    error(400, type="invalid_request_error", message="You have reached your specified API usage limits."),
    error(429, code="billing_not_active", message="Your account is not active, please check your billing details"),
    error(403, type="account_suspended", message="Prepaid balance is exhausted"),
    error(400, message="Kontingent aufgebraucht"),  # words that nobody listed
    error(422, code="E1007", message="plan allowance consumed"),
    error(403, message="no"),
]


@pytest.mark.parametrize("fault", SPENT)
def test_llm_k01_a_spending_stop_in_any_words_stops_the_run_and_loses_nothing(fault: Fault, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=after(30, fault), latency_s=0.005) as server:
        with pytest.raises((ProviderFailure, UpstreamError)):
            list(annotator(server.url, tmp_path).annotate(queries(100)))
        assert server.answers == 30
        assert server.calls <= 80
    with ScriptedServer(answer) as server:
        found = label(server, tmp_path, number=100)
        assert server.calls == 70
    assert {a.status for a in found.values()} == {"labelled"}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (error(403, message="Content violates usage guidelines"), "filtered"),
        (error(403, message="request blocked by web application firewall"), "failed"),
        (error(422, detail="1 validation error: input 'insufficient funds, please top up' too odd"), "failed"),
        (error(429, message="Request too large for m-1 on tokens per min: Limit 30000"), "too_large"),
        (error(404, message="not found"), "failed"),
        (error(402, message="payment required for this region"), "failed"),
        (error(400, code="content_policy_violation", message="refused"), "filtered"),
        (error(400, code="invalid_prompt", message="flagged as potentially violating our usage policy"), "filtered"),
        (error(400, code="data_inspection_failed", message="Input data may contain inappropriate content"), "filtered"),
    ],
)
def test_llm_k05_one_text_that_is_refused_stops_nobody(fault: Fault, status: str, tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=always_for("row 7", fault), latency_s=0.005) as server:
        found = label(server, tmp_path, number=30)
        assert Counter(a.status for a in found.values()) == {"labelled": 29, status: 1}
        assert found["q7"].status == status
        assert found["q7"].error
        again = label(server, tmp_path, number=30)  # the row alone is left, and refused before anything is accepted
        assert again["q7"].status == status


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404])
def test_llm_k06_a_passing_refusal_of_all_calls_is_borne_with(status: int, tmp_path: Path) -> None:
    left = [4]  # were they asked one after another, these would be four waves, of the five that stop a run

    def fate(number: int, _: AskedQuestion) -> Fault | None:
        if number < 20 or not left[0]:
            return None
        left[0] -= 1
        return Fault(status=status, headers={"content-type": "text/html"}, body=b"<html>edge</html>")

    with ScriptedServer(answer, faults=fate, latency_s=0.005) as server:
        found = label(server, tmp_path, number=60)
    assert {a.status for a in found.values()} == {"labelled"}


def test_a_key_that_is_taken_away_in_the_middle_stops_the_run(tmp_path: Path) -> None:
    with (
        ScriptedServer(answer, faults=after(10, error(401, message="revoked")), latency_s=0.002) as server,
        pytest.raises(AuthRefused, match="revoked"),
    ):
        list(annotator(server.url, tmp_path, at_once=2).annotate(queries(100)))


@pytest.mark.parametrize("where", ["choice", "finish"])
def test_llm_k07_an_error_in_the_place_of_an_answer_is_tried_again_and_never_kept(where: str, tmp_path: Path) -> None:
    choice: dict[str, object] = {"message": {"content": ""}, "finish_reason": "error"}
    if where == "choice":
        choice["error"] = {"code": 502, "message": "Upstream failed"}
    body = orjson.dumps({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 0}})
    with ScriptedServer(answer, faults=first_time(Fault(body=body))) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        assert server.calls == 6
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.spent("labeling").answers == 5


def test_llm_k08_a_sample_that_the_service_itself_refuses_is_drawn_again(tmp_path: Path) -> None:
    fault = error(400, code="json_validate_failed", message="Failed to generate JSON")
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        assert label(server, tmp_path)["q0"].status == "labelled"
        assert server.calls == 6


def test_llm_k10_a_refusal_by_a_filter_costs_nothing(tmp_path: Path) -> None:
    fault = error(400, code="content_filter", message="filtered")
    with ScriptedServer(answer, faults=always_for("row 0", fault)) as server:
        found = label(server, tmp_path, price=PRICE)
    assert (found["q0"].status, found["q0"].usage.cost_usd) == ("filtered", 0.0)


def test_llm_k14_a_form_that_is_refused_names_the_cure(tmp_path: Path) -> None:
    fault = error(400, message="This response_format type is unavailable now")
    with (
        ScriptedServer(answer, faults=lambda number, question: fault) as server,
        pytest.raises(UpstreamError, match=r"each of the first 20 requests was refused: .*'answer: xml'"),
    ):
        list(annotator(server.url, tmp_path).annotate(queries(100)))


def test_rows_that_are_refused_side_by_side_do_not_end_a_run_that_goes_on_behind_them(tmp_path: Path) -> None:
    """A sorted log: 40 texts in a row that the service takes for code it will not read."""

    def fate(_: int, question: AskedQuestion) -> Fault | None:
        row = next(n for n in range(200) if f"row {n} " in question.user)
        return error(400, message="cannot process") if 50 <= row < 90 else None

    with ScriptedServer(answer, faults=fate, latency_s=0.002) as server:
        found = label(server, tmp_path, number=200, at_once=4)
    assert Counter(a.status for a in found.values()) == {"labelled": 160, "failed": 40}


@pytest.mark.slow
def test_llm_k18_a_server_that_answers_one_at_a_time_loses_no_call(tmp_path: Path) -> None:
    """Fifty are sent at once; each takes .05 s, so that the last waits 2.5 s where 1 s is given."""
    with ScriptedServer(answer, latency_s=0.05, one_at_a_time=True) as server:
        found = label(server, tmp_path, number=50, at_once=50, total_s=1.0)
        assert server.calls == 50
    assert {a.status for a in found.values()} == {"labelled"}


def thinker(thoughts: int, answer_tokens: int = 8) -> Callable[[AskedQuestion], Reply]:
    """A model that thinks so much before each answer, and is cut at the cap it was given."""

    def reply(question: AskedQuestion) -> Reply:
        cap = question.body.get("max_completion_tokens") or question.body.get("max_tokens")
        assert isinstance(cap, int)
        if cap < thoughts + answer_tokens:
            return Reply("", "length", 100, cap)
        return Reply('{"topic": "Science"}', "stop", 100, thoughts + answer_tokens)

    return reply


@pytest.mark.parametrize("thoughts", [300, 3000, 9000])
def test_llm_k04_a_model_that_thinks_gets_the_room_for_it(thoughts: int, tmp_path: Path) -> None:
    with ScriptedServer(thinker(thoughts)) as server:
        found = label(server, tmp_path, number=20, at_once=2)
        assert {a.status for a in found.values()} == {"labelled"}
        assert server.calls <= 20 + 4  # learnt by the first rows, known to the others
        before = server.calls
        label(server, tmp_path, number=20, at_once=2)
        assert server.calls == before  # a run that has not learnt it yet finds the same answers


@pytest.mark.parametrize(("thoughts", "budget"), [(0, 0.004), (500, 0.05), (5000, 0.2)])
def test_llm_k03_thoughts_cannot_exceed_a_budget(thoughts: int, budget: float, tmp_path: Path) -> None:
    with ScriptedServer(thinker(thoughts), latency_s=0.002) as server:
        made = annotator(server.url, tmp_path, budget_usd=budget, price=PRICE, at_once=50)
        with pytest.raises(Exception, match="budget_usd"):
            list(made.annotate(queries(400)))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert 0 < ledger.spent("labeling").usd <= budget


def test_llm_k17_tokens_of_a_shared_answer_count_where_its_cost_does(tmp_path: Path) -> None:
    from dataclasses import replace

    rows = [replace(query, text=f"row {n // 2} here") for n, query in enumerate(queries(8))]
    with ScriptedServer(answer) as server:
        found = list(annotator(server.url, tmp_path, price=PRICE).annotate(rows))
        assert server.calls == 4
    assert sum(a.usage.input_tokens or 0 for a in found) == 4 * 50
    assert sum(a.usage.cost_usd or 0 for a in found) == pytest.approx(4 * (50 + 5 * 10) / 1e6)


def test_an_account_without_money_from_the_start_takes_one_call(tmp_path: Path) -> None:
    with ScriptedServer(answer, faults=lambda number, question: error(402, message="pay")) as server:
        with pytest.raises(QuotaExhausted):
            list(annotator(server.url, tmp_path, at_once=1).annotate(queries(10)))
        assert server.calls == 1


@pytest.mark.parametrize(
    "said", ["Incorrect API key provided: {key}. Find it in your account", "Bearer {key} is revoked", "bad '{key}'"]
)
def test_security_k11_a_key_that_a_service_says_back_is_never_shown(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "0123456789abcdef"
    folder = tmp_path / "p"
    folder.mkdir()
    monkeypatch.setattr("tests.faults.labelling.KEY", key)
    fault = error(401, message=said.format(key=key))
    with (
        ScriptedServer(answer, faults=lambda number, question: fault) as server,
        pytest.raises(AuthRefused) as refused,
    ):
        list(annotator(server.url, folder).annotate(queries(3)))
    assert key not in str(refused.value)
    assert "[key]" in str(refused.value)
