"""The engine's inside: one loop that decides what is sent next, and what becomes of each call when it ends."""

import asyncio
import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import (
    AuthRefused,
    BadRequest,
    Malformed,
    ProviderFailure,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from topicsmith.llm.http import Client, MachineFull, Untrusted
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.ledger.writer import Entry, Recorder
from topicsmith.llm.requests.budget import Purse
from topicsmith.llm.requests.engine import Ask, EngineSettings, Outcome
from topicsmith.llm.requests.pacing import OVERLOADED, Call, Pacer
from topicsmith.llm.types import ChatRequest, HttpRequest, Provider

AHEAD = 256
A_FEW = 16
"""Questions read in passing, while there are others to send: few, so that answers that come do not wait for it."""

UNREAD = 10_000
REFUSED_FROM_THE_START = 20
TELL_WAIT_S = 5.0
HELD_BY_OTHERS_S = 0.05
"""How soon to look again whether another annotator's calls cost less than was set aside for them."""


@dataclass(slots=True, eq=False)
class _Row:
    """One question under way; ``ids`` are all the rows that ask it."""

    ids: list[str]
    first_key: bytes
    key: bytes
    request: ChatRequest
    answers: list[Paid] = field(default_factory=list)
    turn: int = 0
    tries: int = 0
    calls: int = 0
    held: float = 0.0


class Dispatcher:
    """Runs in the engine's thread; ``stop`` and ``delivered`` are called from others."""

    def __init__(
        self,
        asks: Iterator[Ask],
        provider: Provider,
        ledger: Path,
        settings: EngineSettings,
        give: Callable[[list[Outcome] | BaseException | None], None],
    ) -> None:
        self._asks = asks
        self._provider = provider
        self._ledger_path = ledger
        self._settings = settings
        self._give = give
        self._pacer = Pacer(settings.pacing)
        self._fresh: deque[_Row] = deque()
        self._retries: list[tuple[float, int, _Row]] = []
        self._under_way: dict[bytes, _Row] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._exhausted = False
        self._error: BaseException | None = None
        self._stopped_at: float | None = None
        self._drain_s = settings.drain_s
        self._taken = self._read = 0
        self._done = self._bad = self._serial = 0
        self._told_until = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poked: asyncio.Future[None] | None = None

    def run(self) -> None:
        """Work until everything is asked, or stopped; the last thing given is ``None`` or what went wrong."""
        end: BaseException | None = None
        try:
            asyncio.run(self._work())
        except BaseException as error:  # noqa: BLE001  # handed to the caller's thread, which raises it
            end = error
        self._give(end or self._error)

    def stop(self, drain_s: float | None = None) -> None:
        """Send nothing more; calls under way may take ``drain_s`` seconds."""
        if drain_s is not None:
            self._drain_s = drain_s
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
        self._poke_from_outside()

    def delivered(self, number: int) -> None:
        """Count outcomes the caller has taken."""
        self._read += number
        self._poke_from_outside()

    def _poke_from_outside(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(self._poke)
            except RuntimeError:  # closed in between: there is nobody left to tell
                return

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._callback_failed)
        settings = self._settings
        with Ledger(self._ledger_path) as self._ledger:
            if self._ledger.damaged:
                settings.say(f"{self._ledger_path}: damaged; {self._ledger.damaged} answers in it are lost")
            self._purse = Purse(
                settings.budget_usd,
                settings.cost,
                settings.held,
                lambda: self._ledger.spent(settings.purse),
                self._provider.name,
            )
            self._recorder = Recorder(self._ledger, settings.purse, self._saved, self._stop_for)
            self._recorder.start()
            try:
                async with Client(settings.pacing.concurrency, settings.client) as self._client:
                    try:
                        await self._dispatch()
                    finally:
                        await self._drain()
            finally:
                await self._recorder.close()

    async def _dispatch(self) -> None:
        while self._stopped_at is None and self._error is None:
            if not self._fresh and self._may_read():
                self._refill(AHEAD)
                await asyncio.sleep(0)
                if not self._fresh:
                    continue  # the ledger had them all
            if self._exhausted and not self._under_way:
                return
            wait = self._send_next()
            if wait > 0 and len(self._fresh) < AHEAD and self._may_read():
                self._refill(A_FEW)
                await asyncio.sleep(0)
            elif wait > 0:
                await self._pause(wait)

    def _may_read(self) -> bool:
        return not self._exhausted and self._taken - self._read < UNREAD

    def _send_next(self) -> float:
        """Send what is due; gives the seconds to wait before looking again."""
        wait = self._pacer.wait_s()
        if wait > 0:
            self._tell(wait)
            return wait
        if self._in_flight() >= self._settings.pacing.concurrency:
            return math.inf  # an answer gives its place free when it is durable
        row = None
        now = time.monotonic()
        if self._retries:
            wait = max(self._retries[0][0] - now, self._pacer.retry_wait_s())
            if wait <= 0:
                row = heapq.heappop(self._retries)[2]
        retry = row is not None
        if row is None and self._fresh:
            row = self._fresh.popleft()
        if row is None:
            return wait if self._retries else math.inf
        held = self._purse.hold(row.request)
        if held is None:
            self._fresh.appendleft(row)
            return self._wait_for_money()
        row.held = held
        self._send(row, retry)
        return 0.0

    def _wait_for_money(self) -> float:
        """Seconds until what was set aside may have come back; stops when nothing is set aside any more."""
        if self._tasks or self._recorder.waiting:
            return math.inf
        if self._purse.is_held:
            return HELD_BY_OTHERS_S
        self._stop_for(self._purse.empty(self._done))
        return math.inf

    def _in_flight(self) -> int:
        """The calls open, and the answers that are not on the disk yet: what a kill would cost at most."""
        return self._pacer.concurrency.open_calls + self._recorder.waiting

    def _send(self, row: _Row, retry: bool) -> None:
        call = self._pacer.sent(retry=retry, first=row.calls == 0)
        row.calls += 1
        encoded = self._provider.encode(row.request)
        http = HttpRequest(encoded.url, {**encoded.headers, "Idempotency-Key": row.key.hex()}, encoded.body)
        task = asyncio.create_task(self._call(row, call, http))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _call(self, row: _Row, call: Call, http: HttpRequest) -> None:
        started = time.monotonic()
        try:
            response = await self._client.post(http)
            answer = self._provider.decode(response.status, response.headers, response.body)
        except ProviderFailure as failure:
            self._purse.release(row.held)
            self._failed(row, call, failure)
        except asyncio.CancelledError:
            self._pacer.abandoned(call)
            raise
        else:
            usage = replace(answer.usage, cost_usd=self._settings.cost(answer.usage))
            paid = Paid(replace(answer, usage=usage), time.monotonic() - started, time.time())
            self._purse.learn(usage.cost_usd)
            self._pacer.answered(call)
            self._recorder.put(Entry(row.key, paid, row, row.held if usage.cost_usd is None else 0.0))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop_for(error)
        self._poke()

    def _failed(self, row: _Row, call: Call, failure: ProviderFailure) -> None:
        if isinstance(failure, QuotaExhausted | AuthRefused | Untrusted):
            self._pacer.abandoned(call)
            self._stop_for(failure)
        elif isinstance(failure, MachineFull):
            self._pacer.exhausted(call)
            self._fresh.appendleft(row)
        elif isinstance(failure, RateLimited) or failure.status in OVERLOADED:
            self._fresh.appendleft(row)
            self._pacer.limited(call, failure)
        elif isinstance(failure, Transient | Malformed):
            row.tries += self._pacer.counts(call)
            wait = self._pacer.failed(call, failure, row.tries)
            if wait is None:
                self._finish([row], failure)
            else:
                self._serial += 1
                heapq.heappush(self._retries, (time.monotonic() + wait, self._serial, row))
        else:
            self._pacer.answered(call)
            self._finish([row], failure)
            self._bad += isinstance(failure, BadRequest)
            if self._bad >= REFUSED_FROM_THE_START and self._bad == self._done:
                self._stop_for(UpstreamError(f"each of the first {self._bad} requests was refused: {failure}"))

    def _saved(self, entries: Sequence[Entry]) -> None:
        finished = []
        for entry in entries:
            row = entry.owner
            assert isinstance(row, _Row)
            self._purse.release(row.held)
            if self._advance(row, entry.paid):
                finished.append(row)
            else:
                self._look_up([row])
        self._finish(finished, None)
        self._poke()

    def _advance(self, row: _Row, paid: Paid) -> bool:
        """Take an answer; gives whether the row is done with it."""
        row.answers.append(paid)
        following = self._settings.follow_up(row.request, paid.answer, row.turn)
        if following is None:
            return True
        row.turn += 1
        row.tries = 0
        row.request = following
        row.key = answer_key(self._provider.name, following, row.turn)
        return False

    def _refill(self, number: int) -> None:
        asks = list(islice(self._asks, number))
        self._exhausted = not asks
        self._taken += len(asks)
        rows = []
        for ask in asks:
            key = answer_key(self._provider.name, ask.request)
            same = self._under_way.get(key)
            if same is None:
                self._under_way[key] = row = _Row([ask.id], key, key, ask.request)
                rows.append(row)
            else:
                same.ids.append(ask.id)
        self._look_up(rows)

    def _look_up(self, rows: list[_Row]) -> None:
        finished = []
        while rows:
            found = self._ledger.find([row.key for row in rows])
            known = [row for row in rows if row.key in found]
            self._fresh.extend(row for row in rows if row.key not in found)
            rows = []
            for row in known:
                if self._advance(row, found[row.key]):
                    finished.append(row)
                else:
                    rows.append(row)
        self._finish(finished, None)

    def _finish(self, rows: Sequence[_Row], failure: ProviderFailure | None) -> None:
        outcomes = []
        for row in rows:
            del self._under_way[row.first_key]
            outcomes += [Outcome(name, tuple(row.answers), failure, row.calls) for name in row.ids]
        if outcomes:
            self._done += len(rows)
            self._give(outcomes)

    async def _drain(self) -> None:
        since = self._stopped_at if self._stopped_at is not None else time.monotonic()
        while self._tasks and (left := since + self._drain_s - time.monotonic()) > 0:
            await self._pause(left)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _stop_for(self, error: BaseException) -> None:
        self._error = self._error or error
        self._stopped_at = self._stopped_at or time.monotonic()
        self._poke()

    def _callback_failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "handle" in context and "exception" in context:  # one of ours; other entries are remarks about transports
            self._stop_for(context["exception"])

    def _tell(self, wait: float) -> None:
        now = time.monotonic()
        if TELL_WAIT_S < wait < math.inf and now >= self._told_until:
            self._told_until = now + wait
            self._settings.say(f"{self._provider.name}: waiting {wait:.0f} s, as the provider asks or until it is back")

    async def _pause(self, seconds: float) -> None:
        """Sleep until poked, or so long."""
        assert self._loop is not None
        self._poked = poked = self._loop.create_future()
        timer = None if seconds == math.inf else self._loop.call_later(seconds, self._poke)
        await poked
        if timer is not None:
            timer.cancel()

    def _poke(self) -> None:
        if self._poked is not None and not self._poked.done():
            self._poked.set_result(None)
