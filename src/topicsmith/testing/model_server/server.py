"""The scripted server: a thread with an event loop, answering from a rule or a table, with faults on a schedule."""

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias

import orjson

from topicsmith.testing.model_server import formats
from topicsmith.testing.model_server.batches import Batches
from topicsmith.testing.model_server.faults import Fault
from topicsmith.testing.model_server.formats import AskedQuestion, Reply
from topicsmith.testing.model_server.http import Connection, ReceivedRequest, render

Rule: TypeAlias = Callable[[AskedQuestion], str | Reply] | Mapping[str, str]
"""What the model says to a question: a function, or a table of answers by the whole text of the user's message."""

Faults: TypeAlias = Callable[[int, AskedQuestion], Fault | None]
"""The fault of the call with this number (from 0), if any; called once a call, in order of arrival."""

LATER_S = 3600.0


@dataclass
class Log:
    """What the server saw: every chat call with its time, the answers made by user text, refusals and most at once."""

    questions: list[tuple[float, AskedQuestion]] = field(default_factory=list)
    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: int = 0
    most_at_once: int = 0
    first_call: float = 0.0
    last_answer: float = 0.0


class ScriptedServer:
    """Serves on loopback while the ``with`` block is open.

    Attributes:
        url: where it listens, without a path.
        log: what it saw.
        batches: the batch jobs, and what becomes of them.
        rule, faults, latency_s, limit: may be changed while it runs.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        faults: Faults | None = None,
        latency_s: float = 0.0,
        limit: int | None = None,
        retry_after: str = "1",
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        keep_questions: bool = True,
        one_at_a_time: bool = False,
    ) -> None:
        """Answer by ``rule`` after ``latency_s`` seconds; more than ``limit`` calls at once get 429.

        ``one_at_a_time`` lets a call wait until those before it are answered, as a small server of one's own does.
        """
        self.rule = rule
        self.faults = faults
        self.latency_s = latency_s
        self.limit = limit
        self.retry_after = retry_after
        self.log = Log()
        self.batches = Batches(self._say)
        self._keep_questions = keep_questions
        self._one_at_a_time = one_at_a_time
        self._free_at = 0.0
        self._tls = tls
        self._port = port
        self._number = 0
        self._inside = 0
        self._ready = threading.Event()
        self._connections: set[Connection] = set()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def calls(self) -> int:
        """How many chat calls came in, refused ones included."""
        return self._number

    @property
    def answers(self) -> int:
        """How many answers were made, and so paid for, whether or not they arrived."""
        return sum(self.log.paid.values())

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._loop.create_server(
            lambda: Connection(self._handle, self._connections.add),
            "127.0.0.1",
            self._port,
            ssl=self._tls,
            backlog=1024,
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in self._connections:
            connection.reset()

    def _handle(self, incoming: ReceivedRequest, connection: Connection) -> None:
        path = incoming.path
        if path == "/scripted/log":
            connection.respond(200, orjson.dumps(self._summary()))
        elif self.batches.handles(incoming):
            status, body = self.batches.handle(incoming)
            if status:
                connection.respond(status, body)
            else:
                connection.write(body)
                self._loop.call_later(0.02, connection.reset)
        elif (wire := formats.wire_of(path)) is None or incoming.method != "POST":
            connection.respond(404, formats.write_error(formats.OPENAI, 404, f"no such path: {path}"))
        else:
            question = formats.read_question(wire, path, orjson.loads(incoming.body), incoming.headers)
            self._chat(question, connection)

    def _chat(self, question: AskedQuestion, connection: Connection) -> None:
        now = time.monotonic()
        self.log.first_call = self.log.first_call or now
        number = self._number
        self._number += 1
        if self._keep_questions:
            self.log.questions.append((now, question))
        fault = self.faults(number, question) if self.faults else None
        if self.limit is not None and self._inside >= self.limit:
            self.log.refused += 1
            body = formats.write_error(question.wire, 429, "Rate limit reached: too many requests at once")
            connection.respond(429, body, {"retry-after": self.retry_after})
            return
        self._inside += 1
        self.log.most_at_once = max(self.log.most_at_once, self._inside)
        fault = fault or Fault()
        wait = self.latency_s + fault.delay_s
        if self._one_at_a_time:
            self._free_at = max(self._free_at, now) + wait
            wait = self._free_at - now
        self._loop.call_later(wait, self._finish, question, number, fault, connection)
        if fault.delay_s and fault.pays:
            self._pay(question)

    def _pay(self, question: AskedQuestion) -> None:
        self.log.paid[question.model, question.user] += 1

    def _finish(self, question: AskedQuestion, number: int, fault: Fault, connection: Connection) -> None:
        self._inside -= 1
        self.log.last_answer = time.monotonic()
        if fault.raw is not None:
            connection.write(fault.raw)
            connection.close()
            return
        data = render(fault.status or 200, self._body(question, number, fault), fault.headers)
        if fault.cut_at is not None:
            connection.write(data[: fault.cut_at])
            self._loop.call_later(0.02, connection.reset)
        elif fault.drip_s is not None:
            self._drip(data, 0, fault.drip_s, connection)
        else:
            connection.write(data)
            connection.done()

    def _body(self, question: AskedQuestion, number: int, fault: Fault) -> bytes:
        if fault.body is not None:
            return fault.body
        if fault.status is not None:
            return formats.write_error(question.wire, fault.status, f"scripted error {fault.status}")
        if not fault.delay_s:
            self._pay(question)
        reply = self._say(question)
        if fault.answer is not None:
            reply = replace(reply, text=fault.answer)
        if fault.finish is not None:
            reply = replace(reply, finish=fault.finish)
        return orjson.dumps(formats.write_reply(question, reply, number))

    def _drip(self, data: bytes, at: int, pause_s: float, connection: Connection) -> None:
        if at < len(data) and connection.open:
            connection.write(data[at : at + 1])
            self._loop.call_later(pause_s, self._drip, data, at + 1, pause_s, connection)
        else:
            connection.done()

    def _say(self, question: AskedQuestion) -> Reply:
        said = self.rule(question) if callable(self.rule) else self.rule[question.user]
        return Reply(said) if isinstance(said, str) else said

    def _summary(self) -> dict[str, object]:
        log = self.log
        return {
            "calls": self.calls,
            "answers": self.answers,
            "different": len(log.paid),
            "refused": log.refused,
            "most_at_once": log.most_at_once,
            "span_s": log.last_answer - log.first_call,
        }
