"""What a request passes before anything is done for it: host, origin, key, size, and whether there is room at all."""

import ipaddress
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from topicsmith.serving.keys import AccessKey, Doorkeeper
from topicsmith.serving.logs import EventLog
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Limits
from topicsmith.serving.refusals import RefusedError
from topicsmith.serving.service import Service
from topicsmith.serving.tracing import Tracing

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/healthz", "/readyz"})
"""What is told without a key: whether the server works, and nothing else."""
ANSWERING = frozenset({"/v1/classify", "/predict", "/classify"})
ROUTES = OPEN | ANSWERING | {"/v1/models", "/v1/models/reload", "/metrics", "/openapi.json"}
_BYTES_A_TOKEN = 4
CLIENT_GONE = 499
"""What logs and figures call a request whose client did not wait; it is sent to nobody."""


@dataclass(frozen=True)
class Visitors:
    """Who may come: ``hosts`` are the names that the server is called by, besides addresses and ``localhost``."""

    doorkeeper: Doorkeeper
    hosts: frozenset[str] = frozenset()


class AddressGate:
    """The application around the routes."""

    def __init__(
        self, inside: App, service: Service, visitors: Visitors, metrics: Metrics, log: EventLog, tracing: Tracing
    ) -> None:
        """Let through to ``inside`` what may be answered."""
        self._inside = inside
        self._service = service
        self._visitors = visitors
        self._metrics = metrics
        self._log = log
        self._tracing = tracing
        self.active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever it is."""
        if scope["type"] != "http":
            return
        visit = _Visit(scope, send)
        self.active += 1
        try:
            with self._tracing.request(visit.method, visit.route, visit.headers) as span:
                await self._pass(visit, scope, receive)
                span.set(http__response__status_code=visit.status)
        finally:
            self.active -= 1
            self._note(visit)

    async def _pass(self, visit: "_Visit", scope: Scope, receive: Receive) -> None:
        try:
            key = self._check(visit)
            scope["state"] = {"key": key, "visit": visit}
            visit.key = key.name if key else None
            await self._inside(scope, receive, visit.send)
        except RefusedError as exc:
            await visit.refuse(exc)
        except Exception as exc:  # noqa: BLE001  # one request fails, and says no more than that
            self._log.event("fault", route=visit.route, error=type(exc).__name__, request_id=visit.id)
            await visit.refuse(RefusedError("failed", f"the server has a fault; its log has it as {visit.id}"))

    def _check(self, visit: "_Visit") -> AccessKey | None:
        """Refuse what may not pass; the order is from what costs least."""
        check_host(visit.headers, self._visitors.hosts)
        key = None if visit.path in OPEN else self._visitors.doorkeeper.let_in(visit.headers.get("authorization"))
        if visit.method != "POST" or visit.path not in ROUTES:
            return key
        length = visit.headers.get("content-length", "0")
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0
        if size > self._service.limits.body_bytes:
            raise too_large(self._service.limits)
        if visit.path in ANSWERING:
            if visit.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise RefusedError("unsupported_media_type", "send JSON, with 'Content-Type: application/json'")
            self._service.check_room(size // _BYTES_A_TOKEN)
        return key

    def _note(self, visit: "_Visit") -> None:
        seconds = time.perf_counter() - visit.began
        self._metrics.request(visit.route, visit.status, seconds)
        if visit.refused is not None:
            self._metrics.refused(visit.refused)
        if visit.path in OPEN or visit.path == "/metrics":
            return
        fields = {"key": visit.key, "error": visit.refused, **visit.about}
        self._log.event(
            "request",
            method=visit.method,
            route=visit.route,
            status=visit.status,
            ms=round(1000 * seconds, 2),
            request_id=visit.id,
            **{name: value for name, value in fields.items() if value is not None},
        )


class _Visit:
    """One request on its way: who it is, and what was answered."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.path: str = scope["path"]
        self.method: str = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.route = self.path if self.path in ROUTES else "other"
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.id = uuid4().hex[:16]
        self.began = time.perf_counter()
        self.status = CLIENT_GONE
        self.key: str | None = None
        self.refused: str | None = None
        self.about: dict[str, object] = {}
        self._send = send
        self._started = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass an answer on, with the number of the request."""
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *_SAFE, (b"x-request-id", self.id.encode())]
        await self._send(message)

    async def refuse(self, why: RefusedError) -> None:
        """Answer why there is no answer."""
        self.refused = why.type
        if self._started:
            return
        body = orjson.dumps(why.document())
        headers = {**why.headers(), "Content-Type": "application/json", "Content-Length": str(len(body))}
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        with suppress(ConnectionError):
            await self.send({"type": "http.response.start", "status": why.status, "headers": encoded})
            await self.send({"type": "http.response.body", "body": body})


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_SAFE = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


def too_large(limits: Limits) -> RefusedError:
    """What is said of a body over the limit; the rest of it is not waited for."""
    return RefusedError("too_large", f"the body is longer than {limits.body_bytes:,} bytes", close=True)


def check_host(headers: MutableMapping[str, str], hosts: frozenset[str]) -> None:
    """Refuse requests that a page in somebody's browser makes, by a name that it gave this machine or from elsewhere.

    Raises:
        RefusedError: when the host is neither an address, ``localhost`` nor one of ``hosts``, or the origin is another.
    """
    host = headers.get("host", "")
    name = _host_of(host)
    if name is None or not (name == "localhost" or name in hosts or "*" in hosts or _is_address(name)):
        raise RefusedError("forbidden", "the server is not called by this name; allow it with '--allow-host'")
    origin = headers.get("origin")
    if origin is not None and origin_of(origin) != host.lower():
        raise RefusedError("forbidden", "pages of other origins may not ask; ask from a program, or through a proxy")


def origin_of(origin: str) -> str | None:
    """The host and port of an origin; ``None`` where it has none, as ``null``."""
    with suppress(ValueError):
        parts = urlsplit(origin)
        if parts.scheme in {"http", "https"}:
            return parts.netloc.lower()
    return None


def _host_of(host: str) -> str | None:
    """The name in a ``Host`` header, without its port; ``None`` where it is none."""
    with suppress(ValueError):
        parts = urlsplit(f"//{host}")
        if parts.path or parts.query or parts.fragment or "@" in host:
            return None
        return None if parts.hostname is None else parts.hostname.rstrip(".")
    return None


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False
