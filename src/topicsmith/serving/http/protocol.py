"""One connection with limits: how long its headers may be and take, how long it may be silent, how many there are."""

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from topicsmith.errors import MissingExtraError
from topicsmith.serving.records import Limits
from topicsmith.serving.refusals import RefusedError

_SLICE = 4096
_REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Base
else:
    _Base = object  # the library is loaded when the server starts


class ConnectionLimits(_Base):
    """What uvicorn's protocol lacks, which by itself waits for ever for the end of headers of any length."""

    limits: Limits

    _head = True
    _head_bytes = 0
    _timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Count the connection, and wait for its headers."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.write(_answer(RefusedError("overloaded", "too many connections", 1, close=True)))
            transport.close()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take headers piece by piece, so that their length is known before they end."""
        at = 0
        while at < len(data) and not self.transport.is_closing():
            if not self._head:
                super().data_received(data[at:])
                return
            piece = data[at : at + _SLICE]
            at += len(piece)
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._in_head() and self._head_bytes > self.limits.header_bytes:
                message = f"the headers are longer than {self.limits.header_bytes:,} bytes"
                self._refuse(RefusedError("headers_too_large", message, close=True))

    def on_message_begin(self) -> None:
        """Headers begin."""
        self._head, self._head_bytes = True, 0
        self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Headers are there."""
        self._head = False
        if self._timer is not None:
            self._timer.cancel()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next thing to come is headers again."""
        self._head, self._head_bytes = True, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Give up a client that does not read its answer."""
        self._reader_timer = self.loop.call_later(self.limits.idle_s, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._reader_timer is not None:
            self._reader_timer.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say in our own shape that this is not HTTP."""
        del msg
        self._refuse(RefusedError("not_http", "this is not HTTP as this server speaks it", close=True))

    def _in_head(self) -> bool:
        return self._head

    def _wait_for_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(self.limits.idle_s, self._too_slow)

    def _too_slow(self) -> None:
        message = f"the headers took longer than {self.limits.idle_s:g} s"
        self._refuse(RefusedError("request_timeout", message, close=True))

    def _refuse(self, why: RefusedError) -> None:
        """Say why and end the connection, unless an answer is under way on it: then just end it."""
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.write(_answer(why))
            self.transport.close()
        else:
            self.transport.abort()

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._reader_timer):
            if timer is not None:
                timer.cancel()


def limited_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol that the server speaks, with ``limits``.

    Raises:
        MissingExtraError: when the libraries of the server are not installed.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        raise MissingExtraError("'topicsmith serve'", "serve") from None
    return type("LimitedProtocol", (ConnectionLimits, HttpToolsProtocol), {"limits": limits})


def _answer(why: RefusedError) -> bytes:
    """A whole answer, for what never reaches a route."""
    body = orjson.dumps(why.document())
    headers = {**why.headers(), "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {why.status} {_REASONS.get(why.status, 'Service Unavailable')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
