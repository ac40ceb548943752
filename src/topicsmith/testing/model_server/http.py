"""A small HTTP/1.1 server protocol that can also break the rules: cut, drip, and raw bytes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, kept alive."""

    def __init__(self, handler: "Handler", on_open: Callable[["Connection"], None]) -> None:
        self._handler = handler
        self._on_open = on_open
        self._buffer = b""
        self._busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._on_open(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client is gone."""
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Collect bytes and hand over whole requests."""
        self._buffer += data
        self._next()

    def _next(self) -> None:
        if self._busy:
            return
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._busy = True
        method, path, _ = first.split(" ", 2)
        self._handler(ReceivedRequest(method, path, headers, rest[:length]), self)

    @property
    def open(self) -> bool:
        """Whether the client is still there."""
        return self.transport is not None

    def respond(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Write a whole response and wait for the next request."""
        self.write(render(status, body, headers))
        self.done()

    def write(self, data: bytes) -> None:
        """Write bytes as they are."""
        if self.transport is not None:
            self.transport.write(data)

    def done(self) -> None:
        """The response is complete: take the next request."""
        self._busy = False
        self._next()

    def reset(self) -> None:
        """Break the connection off, without a farewell."""
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """Close after what was written is sent."""
        if self.transport is not None:
            self.transport.close()


Handler: TypeAlias = Callable[[ReceivedRequest, Connection], None]
"""Answers a request through its connection, once, now or later."""


def render(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A response as bytes; headers given win over the usual ones."""
    lines = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}\r\n{head}\r\n".encode("latin-1") + body
