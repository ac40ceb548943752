"""The routes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import orjson

from topicsmith.errors import MissingExtraError, TopicsmithError
from topicsmith.serving.http import openapi
from topicsmith.serving.http.gate import CLIENT_GONE, too_large
from topicsmith.serving.http.items import parse_body
from topicsmith.serving.http.shapes import (
    AskedItems,
    classify_answer,
    models_answer,
    predict_answer,
    read_classify,
    read_predict,
    read_vllm,
    vllm_answer,
)
from topicsmith.serving.keys import Doorkeeper
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Limits, ServedModel
from topicsmith.serving.refusals import RefusedError
from topicsmith.serving.service import Answered, Service
from topicsmith.version import __version__

Found = TypeVar("Found")


class ClientGoneError(Exception):
    """Who asked does not wait for the answer."""


def make_app(service: Service, doorkeeper: Doorkeeper, metrics: Metrics) -> Any:
    """The application with every route; what stands before it is :class:`~topicsmith.serving.http.gate.AddressGate`.

    Raises:
        MissingExtraError: when the libraries of the server are not installed.
    """
    try:
        from fastapi import FastAPI, Request, Response
        from starlette.exceptions import HTTPException
    except ImportError:
        raise MissingExtraError("'topicsmith serve'", "serve") from None
    app = FastAPI(title="topicsmith", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False)
    asking = _Asking(service, doorkeeper, metrics)

    def route(method: str, path: str, run: Callable[[Request], Awaitable[Response]], about: Mapping[str, Any]) -> None:
        async def endpoint(request: Request) -> Response:
            found: Response = await asking.outcome(run, request)
            return found

        rest = {name: value for name, value in about.items() if name != "summary"}
        app.add_api_route(
            path, endpoint, methods=[method], summary=about["summary"], openapi_extra=rest, response_class=Response
        )

    async def unknown(request: Request, exc: Exception) -> Any:
        assert isinstance(exc, HTTPException)
        if exc.status_code == 405:
            return asking.refused(request, RefusedError("method_not_allowed", "this path takes another method"))
        return asking.refused(request, RefusedError("not_found", "there is nothing at this path; see /openapi.json"))

    app.add_exception_handler(HTTPException, unknown)
    for method, path, run in asking.routes():
        route(method, path, run, openapi.ROUTES[path])
    return app


class _Asking:
    """What the routes do; each gets a request and gives a response."""

    def __init__(self, service: Service, doorkeeper: Doorkeeper, metrics: Metrics) -> None:
        from fastapi import Response

        self._service = service
        self._doorkeeper = doorkeeper
        self._metrics = metrics
        self._response = Response

    def routes(self) -> list[tuple[str, str, Callable[[Any], Awaitable[Any]]]]:
        """Method, path and what answers there."""
        return [
            ("POST", "/v1/classify", self.classify),
            ("POST", "/predict", self.predict),
            ("POST", "/classify", self.vllm),
            ("GET", "/v1/models", self.models),
            ("POST", "/v1/models/reload", self.reload),
            ("GET", "/healthz", self.health),
            ("GET", "/readyz", self.readiness),
            ("GET", "/metrics", self.figures),
        ]

    async def outcome(self, run: Callable[[Any], Awaitable[Any]], request: Any) -> Any:
        """What ``run`` answers, or why it does not."""
        try:
            return await run(request)
        except ClientGoneError:
            return self._response(status_code=CLIENT_GONE)
        except RefusedError as exc:
            return self.refused(request, exc)
        except Exception as exc:  # noqa: BLE001  # one request fails, and says no more than that
            request.state.visit.about["fault"] = type(exc).__name__
            return self.refused(request, RefusedError("failed", "the server has a fault; see its log"))

    def refused(self, request: Any, exc: RefusedError) -> Any:
        """The response to a request that is not answered."""
        request.state.visit.refused = exc.type
        return self._response(orjson.dumps(exc.document()), exc.status, exc.headers(), "application/json")

    def _json(self, document: object, status: int = 200) -> Any:
        return self._response(orjson.dumps(document), status, media_type="application/json")

    async def classify(self, request: Any) -> Any:
        asked = read_classify(await self._body(request), self._service.limits)
        answered = await self._answered(request, asked)
        document, statuses = classify_answer(asked, answered.said, answered.model)
        self._metrics.texts(statuses)
        request.state.visit.about |= {"statuses": dict(statuses), "model": answered.model.id}
        return self._json(document)

    async def predict(self, request: Any) -> Any:
        asked = read_predict(await self._body(request), self._service.limits)
        answered = await self._answered(request, asked)
        found = self._json(predict_answer(asked, answered.said))
        found.headers["x-model"] = answered.model.id
        self._count(request, asked, answered)
        return found

    async def vllm(self, request: Any) -> Any:
        asked = read_vllm(await self._body(request), self._service.limits)
        answered = await self._answered(request, asked)
        found = self._json(vllm_answer(asked, answered.said, answered.model))
        self._count(request, asked, answered)
        return found

    def _count(self, request: Any, asked: AskedItems, answered: Answered) -> None:
        self._metrics.texts({"ok": len(asked.items)})
        request.state.visit.about |= {"texts": len(asked.items), "model": answered.model.id}

    async def _body(self, request: Any) -> dict[str, object]:
        return parse_body(await read_body(request, self._service.limits))

    async def _answered(self, request: Any, asked: AskedItems) -> Answered:
        _check_model(asked.model, self._service.model)
        self._doorkeeper.charge(request.state.key, len(asked.items))
        deadline = min(asked.deadline_s or self._service.limits.deadline_s, self._service.limits.deadline_s)
        work = self._service.answer(asked.texts, deadline, probabilities=asked.probabilities)
        return await unless_gone(work, request.receive)

    async def models(self, _request: Any) -> Any:
        model = self._service.model
        if model is None:
            raise RefusedError("unavailable", "the model is not loaded yet", 2)
        return self._json(models_answer(model))

    async def reload(self, request: Any) -> Any:
        if request.state.key is None:
            raise RefusedError("forbidden", "loading a model anew by HTTP needs a key ('--keys'); or send SIGHUP")
        try:
            model = await self._service.reload()
        except TopicsmithError as exc:
            raise RefusedError("failed", f"the model that answers stays: {exc}") from None
        return self._json(models_answer(model))

    async def health(self, _request: Any) -> Any:
        return self._json({"status": "ok", "version": __version__})

    async def readiness(self, _request: Any) -> Any:
        if self._service.ready:
            return self._json({"ready": True})
        return self._json({"ready": False, "why": "stopping" if self._service.stopping else "no model"}, 503)

    async def figures(self, _request: Any) -> Any:
        return self._response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _check_model(wanted: str | None, served: ServedModel | None) -> None:
    """Refuse a request that names another model; a name without its digest is enough."""
    if wanted is not None and served is not None and wanted not in {served.id, served.id.partition("@")[0]}:
        raise RefusedError("not_found", f"serves the model '{served.id}' and no other; leave 'model' out, or name it")


async def read_body(request: Any, limits: Limits) -> bytes:
    """The body of a request, bounded in bytes and in time.

    Raises:
        RefusedError: when it is longer, or does not come.
    """
    found = bytearray()
    try:
        async with asyncio.timeout(limits.idle_s):
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                found += message.get("body", b"")
                if len(found) > limits.body_bytes:
                    raise too_large(limits)
                if not message.get("more_body", False):
                    return bytes(found)
    except TimeoutError:
        raise RefusedError("request_timeout", f"the body took longer than {limits.idle_s:g} s", close=True) from None


async def unless_gone(work: Awaitable[Found], receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> Found:
    """The result of ``work``, which is given up when the client is gone.

    Raises:
        ClientGoneError: when it is.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()


async def _gone(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
