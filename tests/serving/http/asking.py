"""The application without a socket: one request in, status, headers and body out."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import orjson

from tests.serving.fakes import FakeEngine
from topicsmith.serving.http.app import make_app
from topicsmith.serving.http.gate import AddressGate, Visitors
from topicsmith.serving.keys import AccessKey, Doorkeeper
from topicsmith.serving.logs import EventLog
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Limits
from topicsmith.serving.service import Service
from topicsmith.serving.tracing import Tracing


class Application:
    """A gate with its routes over engines by hand."""

    def __init__(self, *engines: FakeEngine, keys: tuple[AccessKey, ...] = (), limits: Limits | None = None) -> None:
        left = list(engines)

        async def start() -> FakeEngine:
            return left.pop(0)

        self.lines: list[bytes] = []
        self.metrics = Metrics()
        self.log = EventLog(self.lines.append)
        self.service = Service(start, limits or Limits(), self.metrics, self.log)
        door = Doorkeeper(keys)
        app = make_app(self.service, door, self.metrics)
        self.gate = AddressGate(app, self.service, Visitors(door), self.metrics, self.log, Tracing({}))

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body; a body that is no bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        given = {"host": "localhost", "content-type": "application/json", "content-length": str(len(raw)), **headers}
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        }
        messages = [{"type": "http.request", "body": raw, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.gate(scope, receive, send)
        found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent[1:])
        is_json = found.get("content-type") == "application/json"
        return sent[0]["status"], found, orjson.loads(content) if is_json else content
