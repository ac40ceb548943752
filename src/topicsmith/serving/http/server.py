"""The process that listens: its socket, its signals, and how it ends."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from topicsmith.errors import MissingExtraError, TopicsmithError, UserError
from topicsmith.serving.engine import WorkerEngine
from topicsmith.serving.http.app import make_app
from topicsmith.serving.http.gate import AddressGate, Visitors
from topicsmith.serving.http.protocol import limited_protocol
from topicsmith.serving.keys import Doorkeeper
from topicsmith.serving.logs import EventLog
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Limits, WorkerSettings
from topicsmith.serving.refusals import RefusedError
from topicsmith.serving.service import Service
from topicsmith.serving.tracing import Tracing

_DRAIN_S = 0.25
"""For how long at least a stopping server says so to who still comes, before it closes its socket."""
_BACKLOG = 1024


@dataclass(frozen=True)
class ServerSettings:
    """What is served to whom."""

    worker: WorkerSettings
    host: str = "127.0.0.1"
    port: int = 8080
    limits: Limits = field(default_factory=Limits)
    doorkeeper: Doorkeeper = field(default_factory=lambda: Doorkeeper(()))
    hosts: frozenset[str] = frozenset()


def run_server(settings: ServerSettings, listening: Callable[[str], None], log: EventLog) -> None:
    """Serve until a signal says to stop; ``listening`` is told the address once requests are taken.

    SIGTERM and SIGINT let everything that was accepted be answered; the second one does not. SIGHUP loads the model
    anew.

    Raises:
        MissingExtraError: when the libraries of the server are not installed.
        TopicsmithError: when the model cannot be used, or the address cannot be listened on.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtraError("'topicsmith serve'", "serve") from None
    protocol = limited_protocol(settings.limits)
    metrics = Metrics()
    tracing = Tracing()
    if tracing.state != "off":
        log.event("tracing", state=tracing.state)
    start = partial(WorkerEngine.start, settings.worker, settings.limits)
    service = Service(start, settings.limits, metrics, log)
    app = make_app(service, settings.doorkeeper, metrics)
    gate = AddressGate(app, service, Visitors(settings.doorkeeper, settings.hosts), metrics, log, tracing)
    config = uvicorn.Config(
        gate,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=_BACKLOG,
    )
    with listen(settings.host, settings.port) as listener:
        address = _address(listener)
        loop_factory = config.get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_Process(config, service, gate, log).run(listener, partial(listening, address)))
    tracing.close()
    log.flush()


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound, before the model is loaded: what is in the way is said at once.

    Raises:
        UserError: when it cannot be.
    """
    listener = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as exc:
        if listener is not None:
            listener.close()
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        cure = "name another with '--host' and '--port'"
        raise UserError(f"{host}:{port}: cannot be listened on: {reason}; {cure}") from None
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Process:
    """The server and what signals do to it."""

    def __init__(self, config: Any, service: Service, gate: AddressGate, log: EventLog) -> None:
        import uvicorn

        class Quiet(uvicorn.Server):
            """uvicorn's server, whose signals we handle ourselves."""

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        self._server = Quiet(config)
        self._service = service
        self._gate = gate
        self._log = log
        self._ending: asyncio.Task[None] | None = None
        self._reloading: set[asyncio.Task[None]] = set()

    async def run(self, listener: socket.socket, listening: Callable[[], None]) -> None:
        """Load, listen, serve, end."""
        loop = asyncio.get_running_loop()
        starting = asyncio.ensure_future(self._service.start())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, partial(self._stop, starting))
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        try:
            await starting
        except asyncio.CancelledError:
            return
        serving = asyncio.ensure_future(self._server.serve(sockets=[listener]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        if not serving.done():
            listening()
        try:
            await serving
        finally:
            await self._service.finish()

    def _stop(self, starting: "asyncio.Future[None]") -> None:
        if not starting.done():
            starting.cancel()
            return
        if self._ending is not None:  # asked for the second time: now
            self._log.event("stopping_now")
            self._log.flush(0.2)
            os._exit(143)
        self._service.stop_taking()
        self._log.event("stopping", active=self._gate.active)
        self._ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        """Let accepted requests finish while others are refused, then close."""
        await asyncio.sleep(_DRAIN_S)
        while self._gate.active:
            await asyncio.sleep(0.01)
        self._server.should_exit = True

    def _reload(self) -> None:
        task = asyncio.ensure_future(self._reload_now())
        self._reloading.add(task)
        task.add_done_callback(self._reloading.discard)

    async def _reload_now(self) -> None:
        with contextlib.suppress(TopicsmithError, RefusedError):  # it is in the log, and the old model stays
            await self._service.reload()
