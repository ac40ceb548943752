"""What is sent next, and what becomes of each call when it ends: one loop."""

import asyncio
import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import BadRequest, ProviderFailure
from topicsmith.llm.http import Client
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.ledger.writer import Entry, LedgerWriter
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.control import Control
from topicsmith.llm.requests.pacing import Call, Pacer
from topicsmith.llm.requests.row_state import RowState, ending_of, take_all
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import HttpRequest, Provider

AHEAD = 256
A_FEW = 16
"""Questions read in passing, while there are others to send: few, so that answers that come do not wait for it."""

UNREAD = 10_000
REFUSED_FROM_THE_START = 20
TELL_WAIT_S = 5.0
HELD_BY_OTHERS_S = 0.05
"""How soon to look again whether another annotator's calls cost less than was set aside for them."""

Give = Callable[[list[AskOutcome] | BaseException | None], None]


async def ask_everything(
    asks: Iterator[Ask], provider: Provider, ledger: Path, settings: EngineSettings, give: Give, control: Control
) -> None:
    """Ask everything in ``asks``, or until ``control`` says stop; outcomes are given as they come.

    Raises:
        TopicsmithError: what stops a run as a whole; what was answered until then is durable and given.
    """
    loop = asyncio.get_running_loop()
    control.attach(loop)
    with Ledger(ledger) as opened:
        if opened.damaged:
            settings.say(f"{ledger}: damaged; {opened.damaged} answers in it are lost")
        client = Client(settings.pacing.concurrency, settings.client)
        scheduler = Scheduler(asks, provider, opened, client, settings, give, control)
        loop.set_exception_handler(scheduler.callback_failed)
        await scheduler.run()


class Scheduler:
    """Decides what is sent and when: fresh rows and retries, at the provider's pace, within the budget."""

    def __init__(
        self,
        asks: Iterator[Ask],
        provider: Provider,
        ledger: Ledger,
        client: Client,
        settings: EngineSettings,
        give: Give,
        control: Control,
    ) -> None:
        self._asks, self._provider, self._ledger, self._client = asks, provider, ledger, client
        self._settings, self._give, self._control = settings, give, control
        self._budget = Budget(
            settings.budget_usd, settings.cost, settings.held, lambda: ledger.spent(settings.account), provider.name
        )
        self._writer = LedgerWriter(ledger, settings.account, self._saved, self._stop_for)
        self._pacer = Pacer(settings.pacing)
        self._fresh: deque[RowState] = deque()
        self._retries: list[tuple[float, int, RowState]] = []
        self._under_way: dict[bytes, RowState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._exhausted = False
        self._error: BaseException | None = None
        self._taken = self._done = self._bad = self._serial = 0
        self._told_until = 0.0

    async def run(self) -> None:
        """Work until everything is asked, or stopped; then wait for the calls under way and the ledger."""
        self._writer.start()
        try:
            async with self._client:
                try:
                    await self._send_all()
                finally:
                    await self._drain()
        finally:
            await self._writer.close()
        if self._error is not None:
            raise self._error

    async def _send_all(self) -> None:
        while self._control.stopped_at is None and self._error is None:
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
                await self._control.pause(wait)

    def _may_read(self) -> bool:
        return not self._exhausted and self._taken - self._control.read < UNREAD

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
        held = self._budget.hold(row.request)
        if held is None:
            self._fresh.appendleft(row)
            return self._wait_for_money()
        row.held = held
        self._send(row, retry)
        return 0.0

    def _wait_for_money(self) -> float:
        """Seconds until what was set aside may have come back; stops when nothing is set aside any more."""
        if self._tasks or self._writer.waiting:
            return math.inf
        if self._budget.is_held:
            return HELD_BY_OTHERS_S
        self._stop_for(self._budget.empty(self._done))
        return math.inf

    def _in_flight(self) -> int:
        """The calls open, and the answers that are not on the disk yet: what a kill would cost at most."""
        return self._pacer.concurrency.open_calls + self._writer.waiting

    def _send(self, row: RowState, retry: bool) -> None:
        call = self._pacer.sent(retry=retry, first=row.calls == 0)
        row.calls += 1
        encoded = self._provider.encode(row.request)
        http = HttpRequest(encoded.url, {**encoded.headers, "Idempotency-Key": row.key.hex()}, encoded.body)
        task = asyncio.create_task(self._call(row, call, http))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _call(self, row: RowState, call: Call, http: HttpRequest) -> None:
        started = time.monotonic()
        try:
            response = await self._client.post(http)
            answer = self._provider.decode(response.status, response.headers, response.body)
        except ProviderFailure as failure:
            self._budget.release(row.held)
            self._failed(row, call, failure)
        except asyncio.CancelledError:
            self._pacer.abandoned(call)
            raise
        else:
            usage = replace(answer.usage, cost_usd=self._settings.cost(answer.usage))
            paid = Paid(replace(answer, usage=usage), time.monotonic() - started, time.time())
            self._budget.learn(usage.cost_usd)
            self._pacer.answered(call)
            self._writer.put(Entry(row.key, paid, row, row.held if usage.cost_usd is None else 0.0))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop_for(error)
        self._control.wake()

    def _failed(self, row: RowState, call: Call, failure: ProviderFailure) -> None:
        ending = ending_of(failure)
        if ending == "stop":
            self._pacer.abandoned(call)
            self._stop_for(failure)
        elif ending == "machine_full":
            self._pacer.exhausted(call)
            self._fresh.appendleft(row)
        elif ending == "limited":
            self._fresh.appendleft(row)
            self._pacer.limited(call, failure)
        elif ending == "retry":
            self._retry(row, call, failure)
        else:
            self._pacer.answered(call)
            self._finish([row], failure)
            self._bad += isinstance(failure, BadRequest)
            if self._bad >= REFUSED_FROM_THE_START and self._bad == self._done:
                self._stop_for(UpstreamError(f"each of the first {self._bad} requests was refused: {failure}"))

    def _retry(self, row: RowState, call: Call, failure: ProviderFailure) -> None:
        row.tries += self._pacer.counts(call)
        wait = self._pacer.failed(call, failure, row.tries)
        if wait is None:
            self._finish([row], failure)
        else:
            self._serial += 1
            heapq.heappush(self._retries, (time.monotonic() + wait, self._serial, row))

    def _saved(self, entries: Sequence[Entry]) -> None:
        finished = []
        for entry in entries:
            row = entry.owner
            assert isinstance(row, RowState)
            self._budget.release(row.held)
            if row.take(entry.paid, self._settings.follow_up, self._provider.name):
                finished.append(row)
            else:
                self._look_up([row])
        self._finish(finished, None)
        self._control.wake()

    def _refill(self, number: int) -> None:
        asks = list(islice(self._asks, number))
        self._exhausted = not asks
        self._taken += len(asks)
        rows = []
        for ask in asks:
            key = answer_key(self._provider.name, ask.request)
            same = self._under_way.get(key)
            if same is None:
                self._under_way[key] = row = RowState([ask.id], key, key, ask.request)
                rows.append(row)
            else:
                same.ids.append(ask.id)
        self._look_up(rows)

    def _look_up(self, rows: list[RowState]) -> None:
        finished, fresh = take_all(rows, self._ledger.find, self._settings.follow_up, self._provider.name)
        self._fresh.extend(fresh)
        self._finish(finished, None)

    def _finish(self, rows: Sequence[RowState], failure: ProviderFailure | None) -> None:
        outcomes: list[AskOutcome] = []
        for row in rows:
            del self._under_way[row.first_key]
            outcomes += row.outcomes(failure)
        if outcomes:
            self._done += len(rows)
            self._give(outcomes)

    async def _drain(self) -> None:
        since = self._control.stopped_at if self._control.stopped_at is not None else time.monotonic()
        while self._tasks and (left := since + self._control.drain_s - time.monotonic()) > 0:
            await self._control.pause(left)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _stop_for(self, error: BaseException) -> None:
        self._error = self._error or error
        self._control.stopped_at = self._control.stopped_at or time.monotonic()
        self._control.wake()

    def callback_failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Stop for an error in a callback of ours; other entries are remarks about transports."""
        if "handle" in context and "exception" in context:
            self._stop_for(context["exception"])

    def _tell(self, wait: float) -> None:
        now = time.monotonic()
        if TELL_WAIT_S < wait < math.inf and now >= self._told_until:
            self._told_until = now + wait
            self._settings.say(f"{self._provider.name}: waiting {wait:.0f} s, as the provider asks or until it is back")
