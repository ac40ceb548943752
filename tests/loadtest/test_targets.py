import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from topicsmith.classifiers.base import Predictions
from topicsmith.errors import ProjectError, UpstreamError
from topicsmith.loadtest.run import Sent
from topicsmith.loadtest.targets import full_address, to_address, to_classifier
from topicsmith.records import Prediction


class Echo:
    topics = ("a", "b")

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def predict(self, texts: Sequence[str]) -> Predictions:
        self.threads.add(threading.current_thread().name)
        if texts[0] == "down":
            raise UpstreamError("no answer")
        return Predictions((Prediction("a", 0.9, output_tokens=len(texts[0])),))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def test_a_classifier_answers_in_threads_and_its_failures_have_a_kind() -> None:
    echo = Echo()

    async def ask() -> list[Sent]:
        async with to_classifier(echo, 3) as send:
            return list(await asyncio.gather(send("hello"), send("down")))

    assert asyncio.run(ask()) == [Sent("ok", 5), Sent("UpstreamError")]
    assert all(name.startswith("bench") for name in echo.threads)


def _ask(address: str, *texts: str) -> list[Sent]:
    async def ask() -> list[Sent]:
        async with to_address(address, 4) as send:
            return [await send(text) for text in texts]

    return asyncio.run(ask())


def test_an_address_is_asked_over_http(httpserver: HTTPServer) -> None:
    def handle(request: Request) -> Response:
        text = request.get_json()["texts"][0]
        if text == "busy":
            return Response("try later", status=503)
        if text == "moved":
            return Response("", status=302, headers={"Location": "http://127.0.0.1:9/"})
        if text == "html":
            return Response("<html>", content_type="text/html")
        if text == "short":
            return Response(json.dumps({"predictions": []}), content_type="application/json")
        answer = {"topic": "a", "status": "truncated" if text == "long" else "ok", "output_tokens": 7}
        return Response(json.dumps({"predictions": [answer]}), content_type="application/json")

    httpserver.expect_request("/v1/classify", method="POST").respond_with_handler(handle)
    sent = _ask(httpserver.url_for("/"), "fine", "long", "busy", "moved", "html", "short")
    assert sent == [
        Sent("ok", 7),
        Sent("truncated", 7),
        Sent("http 503"),
        Sent("http 302"),
        Sent("unreadable"),
        Sent("unreadable"),
    ]


def test_nobody_there_is_a_failure_not_a_crash() -> None:
    assert _ask("http://127.0.0.1:9", "x") == [Sent("connection")]


def test_addresses() -> None:
    assert full_address("https://host/own/path") == "https://host/own/path"
    with pytest.raises(ProjectError, match="'ftp://x' is not an address"):
        full_address("ftp://x")
