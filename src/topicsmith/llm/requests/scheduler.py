"""What is sent next, and what becomes of each call when it ends: one loop."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.http import Client
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.ledger.writer import Entry, LedgerWriter
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.control import Control
from topicsmith.llm.requests.deadline import LONGEST, Deadline, post_within
from topicsmith.llm.requests.failures import Failures
from topicsmith.llm.requests.intake import Intake
from topicsmith.llm.requests.pacing import Call, Pacer
from topicsmith.llm.requests.row_state import RowState
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import HttpRequest, Provider

AHEAD = 256
A_FEW = 16
"""Questions read in passing, while there are others to send: few, so that answers that come do not wait for it."""

UNREAD = 10_000
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
        patient = replace(settings.client, total_s=LONGEST * settings.client.total_s)
        client = Client(settings.pacing.concurrency, patient)
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
        self._provider, self._client = provider, client
        self._settings, self._give, self._control = settings, give, control
        self._budget = Budget(
            settings.budget_usd, settings.cost, settings.held, lambda: ledger.spent(settings.account), provider
        )
        self._writer = LedgerWriter(ledger, settings.account, self._saved, self._stop_for)
        self._pacer = Pacer(settings.pacing)
        self._deadline = Deadline(settings.client.total_s)
        self._rows = Intake(asks, ledger, settings.follow_up, provider.name)
        self._failures = Failures(self._pacer, self._rows)
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._done = 0
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
            if not self._rows.fresh and self._may_read():
                self._finish(self._read(AHEAD), None)
                await asyncio.sleep(0)
                if not self._rows.fresh:
                    continue  # the ledger had them all
            if self._rows.exhausted and not self._rows.under_way:
                return
            wait = self._send_next()
            if wait > 0 and len(self._rows.fresh) < AHEAD and self._may_read():
                self._finish(self._read(A_FEW), None)
                await asyncio.sleep(0)
            elif wait > 0:
                await self._control.pause(wait)

    def _may_read(self) -> bool:
        return not self._rows.exhausted and self._rows.taken - self._control.read < UNREAD

    def _read(self, number: int) -> list[RowState]:
        finished = self._rows.refill(number)
        if finished:
            self._failures.known_good()
        return finished

    def _send_next(self) -> float:
        """Send what is due; gives the seconds to wait before looking again."""
        if self._failures.suspicion is not None and not self._tasks:
            self._stop_for(self._failures.suspicion)
            return 0.0
        wait = self._pacer.wait_s()
        if wait > 0:
            self._tell(wait)
            return wait
        if self._in_flight() >= self._settings.pacing.concurrency:
            return math.inf  # an answer gives its place free when it is durable
        row, retry = self._rows.next_retry(self._pacer.retry_wait_s), True
        if row is None:
            row, retry = self._rows.next(alone=not self._tasks, from_afar=self._failures.in_a_row), False
        if row is None:
            return self._rows.retry_wait_s(self._pacer.retry_wait_s)
        row.request = self._settings.fit(row.request)
        held = self._budget.hold(row.request)
        if held is None:
            self._rows.fresh.appendleft(row)
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
        return 0.0

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
            response = await post_within(self._client, http, self._deadline, self._provider.name)
            answer = self._provider.decode(response.status, response.headers, response.body)
        except ProviderFailure as failure:
            self._budget.release(row.held)
            self._failed(row, call, failure.without(http.secrets))
        except asyncio.CancelledError:
            self._budget.release(row.held)
            self._pacer.abandoned(call)
            raise
        else:
            usage = replace(answer.usage, cost_usd=self._settings.cost(answer.usage))
            took, asked = time.monotonic() - started, (self._provider.name, row.request.model)
            paid = Paid(replace(answer, usage=usage), took, time.time(), *asked)
            self._budget.learn(usage.cost_usd)
            self._deadline.answered(paid.latency_s)
            self._failures.answered()
            self._pacer.answered(call)
            self._writer.put(Entry(row.key, paid, row, row.held if usage.cost_usd is None else 0.0))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop_for(error)
        self._control.wake()

    def _failed(self, row: RowState, call: Call, failure: ProviderFailure) -> None:
        ended = self._failures.ended(row, call, failure)
        if ended.finished:
            self._finish([row], failure)
        if ended.error is not None:
            self._stop_for(ended.error)

    def _saved(self, entries: Sequence[Entry]) -> None:
        finished = []
        for entry in entries:
            row = entry.owner
            assert isinstance(row, RowState)
            self._budget.release(row.held)
            if row.take(entry.paid, self._settings.follow_up, self._provider.name):
                finished.append(row)
            else:
                finished += self._rows.look_up([row])
        self._finish(finished, None)
        self._control.wake()

    def _finish(self, rows: Sequence[RowState], failure: ProviderFailure | None) -> None:
        outcomes: list[AskOutcome] = []
        for row in rows:
            self._rows.finished(row)
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
