"""The routes, without a socket."""

import asyncio
import json
from typing import Any

import pytest

from tests.serving.fakes import FakeEngine
from tests.serving.http.asking import Application
from tests.serving.test_batching import in_loop
from topicsmith.serving.http.app import ClientGoneError, unless_gone
from topicsmith.serving.keys import make_key
from topicsmith.serving.records import Limits
from topicsmith.version import __version__


async def served(**more: Any) -> Application:
    made = Application(FakeEngine("old@1", at_once=True), FakeEngine("new@2", at_once=True), **more)
    await made.service.start()
    return made


@in_loop
async def test_a_text_is_answered_with_the_model_and_the_version_of_the_topics() -> None:
    status, headers, found = await (await served()).ask("POST", "/v1/classify", {"text": "x"})
    assert (status, headers["x-content-type-options"], len(headers["x-request-id"])) == (200, "nosniff", 16)
    assert found == {
        "model": "old@1",
        "taxonomy": "t1",
        "predictions": [{"topic": "x", "subtopic": None, "confidence": 0.9, "status": "ok"}],
    }


@in_loop
async def test_what_is_not_answered_has_one_shape() -> None:
    made = await served(limits=Limits(body_bytes=1000))
    cases: list[tuple[str, str, object, dict[str, str], int, str]] = [
        ("POST", "/v1/classify", b"{", {}, 400, "not_json"),
        ("POST", "/v1/classify", {"texst": 1}, {}, 422, "invalid_request"),
        ("POST", "/v1/classify", {"text": "x", "model": "gpt"}, {}, 404, "not_found"),
        ("POST", "/v1/classify", {"text": "x"}, {"content_type": "text/plain"}, 415, "unsupported_media_type"),
        ("POST", "/v1/classify", {"text": "x" * 1000}, {}, 413, "too_large"),
        ("POST", "/v1/classify", {"text": "x" * 1000}, {"content-length": "0"}, 413, "too_large"),
        ("GET", "/v1/classify", None, {}, 405, "method_not_allowed"),
        ("GET", "/etc/passwd", None, {}, 404, "not_found"),
        ("GET", "/v1/models", None, {"host": "evil.example"}, 403, "forbidden"),
        ("POST", "/v1/models/reload", None, {}, 403, "forbidden"),
    ]
    for method, path, body, headers, status, type_ in cases:
        got, _, found = await made.ask(method, path, body, **{k.replace("content_type", "content-type"): v for k, v in headers.items()})  # noqa: E501  # fmt: skip
        assert (got, found["error"]["type"]) == (status, type_), (method, path)
        assert set(found["error"]) == {"type", "message"}


@in_loop
async def test_other_servers_shapes() -> None:
    made = await served()
    status, headers, found = await made.ask("POST", "/predict", {"inputs": "x"})
    assert (status, found["error"]["type"]) == (422, "invalid_request")  # the fake gives no probabilities
    status, _, found = await made.ask("POST", "/classify", {"input": ["x"], "model": "old"})
    assert "no probabilities" in found["error"]["message"]
    assert headers["content-type"] == "application/json"


@in_loop
async def test_what_is_told_of_the_server() -> None:
    made = await served()
    assert (await made.ask("GET", "/healthz"))[2] == {"status": "ok", "version": __version__}
    assert (await made.ask("GET", "/readyz"))[::2] == (200, {"ready": True})
    assert (await made.ask("GET", "/v1/models"))[2]["data"][0]["id"] == "old@1"
    figures = (await made.ask("GET", "/metrics"))[2].decode()
    assert "topicsmith_ready 1.0" in figures
    made.service.stop_taking()
    assert (await made.ask("GET", "/readyz"))[::2] == (503, {"ready": False, "why": "stopping"})
    status, headers, found = await made.ask("POST", "/v1/classify", {"text": "x"})
    assert (status, found["error"]["type"], headers["connection"]) == (503, "stopping", "close")


@in_loop
async def test_fault_44_a_full_queue_is_told_before_the_body_is_read() -> None:
    engine = FakeEngine()
    made = Application(engine, limits=Limits(queue_tokens=10))
    await made.service.start()
    first = asyncio.ensure_future(made.ask("POST", "/v1/classify", {"text": "a" * 80}))
    await asyncio.sleep(0.05)
    status, headers, found = await made.ask("POST", "/v1/classify", b"this is not even JSON")
    assert (status, found["error"]["type"], headers["retry-after"]) == (503, "overloaded", "1")
    engine.release()
    assert (await first)[0] == 200


@in_loop
async def test_fault_82_keys_are_asked_for_and_limited() -> None:
    secret, key = make_key("web", 3)
    made = await served(keys=(key,))
    given = {"authorization": f"Bearer {secret}"}
    status, headers, _ = await made.ask("POST", "/v1/classify", {"text": "x"})
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    for path in ("/v1/models", "/metrics", "/openapi.json"):
        assert (await made.ask("GET", path))[0] == 401
        assert (await made.ask("GET", path, **given))[0] == 200
    assert (await made.ask("GET", "/healthz"))[0] == 200
    assert (await made.ask("POST", "/v1/classify", {"texts": ["x", "y"]}, **given))[0] == 200
    status, headers, found = await made.ask("POST", "/v1/classify", {"texts": ["x", "y"]}, **given)
    assert (status, found["error"]["type"]) == (429, "rate_limited")
    assert 1 <= int(headers["retry-after"]) <= 20


@in_loop
async def test_who_has_a_key_may_load_the_model_anew() -> None:
    secret, key = make_key("web")
    made = await served(keys=(key,))
    status, _, found = await made.ask("POST", "/v1/models/reload", authorization=f"Bearer {secret}")
    assert (status, found["data"][0]["id"]) == (200, "new@2")


@in_loop
async def test_fault_78_logs_and_figures_hold_neither_texts_nor_keys() -> None:
    secret, key = make_key("web", 2)
    made = await served(keys=(key,))
    text = "CANARY-my-card-number"
    for body in ({"text": text}, {"texts": [text] * 9}, {text: 1}, {"text": text, "model": text}):
        await made.ask("POST", "/v1/classify", body, authorization=f"Bearer {secret}")
    await made.ask("POST", "/v1/classify", {"text": text}, authorization="Bearer WRONG-SECRET")
    await made.ask("GET", f"/{text}", authorization=f"Bearer {secret}")
    made.log.flush()
    events = [json.loads(line) for line in made.lines]
    assert [event["event"] for event in events] == ["model", *["request"] * 6]
    assert events[1]["key"] == "web"
    kept = b"".join(made.lines) + made.metrics.text()
    assert not any(word in kept for word in (b"CANARY", secret.encode(), b"WRONG", key.digest.encode()))


@in_loop
async def test_fault_71_what_a_client_sends_does_not_reach_a_terminal() -> None:
    made = await served()
    status, _, _ = await made.ask("GET", "/\x1b]0;owned\x07")
    await made.ask("\x1b[31m", "/v1/models")
    made.log.flush()
    assert status == 404
    assert not any(byte < 32 and byte != 10 for byte in b"".join(made.lines))


@in_loop
async def test_fault_45_a_client_that_leaves_is_not_waited_for() -> None:
    cancelled = asyncio.Event()

    async def work() -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "late"

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGoneError):
        await unless_gone(work(), receive)
    await cancelled.wait()


@in_loop
async def test_a_fault_of_ours_says_nothing_of_the_request() -> None:
    engine = FakeEngine(at_once=True)
    made = Application(engine)
    await made.service.start()
    engine.failure = ZeroDivisionError("CANARY")
    status, _, found = await made.ask("POST", "/v1/classify", {"text": "CANARY"})
    assert (status, found["error"]["type"]) == (500, "failed")
    assert "CANARY" not in found["error"]["message"]
