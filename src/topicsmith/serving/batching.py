"""Which texts are computed together: those of like length, without waiting while the engine is free."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from topicsmith.serving.queue import Item, Ticket, TokenQueue
from topicsmith.serving.records import Engine, Limits
from topicsmith.serving.refusals import EngineDiedError, EngineFailedError, RefusedError

LEAST_TOKENS, MOST_TOKENS = 256, 16_384
MOST_ITEMS = 256
_PADDING = 0.25
_ASKED_AT_MOST = 3
"""How often a request is asked whose topics were edited between two of its batches."""


def choose(items: Sequence[Item], now: float, rate: float, budget: int) -> list[Item]:
    """The next batch out of ``items``, which are sorted by length.

    First comes who has waited longest for what its text costs, so that a short text passes a long one that came a
    little earlier, and none waits for ever. Its neighbours in length join it while ``budget`` padded tokens hold them
    and little of that is padding.
    """
    if not items:
        return []
    anchor = max(range(len(items)), key=lambda at: ((now - items[at].ticket.arrived) * rate + 1) / items[at].tokens)
    low, high = anchor, anchor + 1
    total = items[anchor].tokens
    while high - low < MOST_ITEMS:
        options = []
        if low > 0:
            options.append((items[anchor].tokens - items[low - 1].tokens, low - 1))
        if high < len(items):
            options.append((items[high].tokens - items[anchor].tokens, high))
        grown = False
        for _, at in sorted(options):
            longest = items[max(at, high - 1)].tokens
            padded, real = longest * (high - low + 1), total + items[at].tokens
            if padded <= budget and padded - real <= _PADDING * padded:
                low, high, total, grown = min(low, at), max(high, at + 1), real, True
                break
        if not grown:
            break
    return list(items[low:high])


class Batcher:
    """One engine and what waits for it."""

    def __init__(
        self, engine: Engine, limits: Limits, computed: Callable[[int, int, float], None] = lambda *_: None
    ) -> None:
        """Batches for ``engine``; ``computed`` is told the texts, tokens and seconds of each."""
        self.engine = engine
        self.limits = limits
        self.queue = TokenQueue(limits.queue_tokens, engine.model.reads_tokens)
        self.dropped = 0
        self._computed = computed
        self._running: set[asyncio.Task[None]] = set()
        self._free_at = 0.0

    @property
    def budget(self) -> int:
        """How many padded tokens a batch may have, so that it takes about ``limits.batch_s``."""
        return int(min(MOST_TOKENS, max(LEAST_TOKENS, self.queue.rate * self.limits.batch_s)))

    @property
    def idle(self) -> bool:
        """Whether nothing is accepted that is not answered."""
        return not self._running and not self.queue.items

    def ticket(self, texts: Sequence[str], left_s: float, *, probabilities: bool = False) -> Ticket:
        """Accept a request.

        Raises:
            RefusedError: when there is no room for it.
        """
        self.queue.check_room(sum(len(text) // 4 for text in texts), left_s)
        now = time.monotonic()
        future = asyncio.get_running_loop().create_future()
        ticket = Ticket(texts, now + left_s, now, future, probabilities)
        self.queue.add(ticket)
        self._go_on()
        return ticket

    def give_up(self, ticket: Ticket) -> None:
        """Compute nothing more for ``ticket``: whoever sent it is gone, or will not wait longer."""
        ticket.gone = True
        self.dropped += self.queue.sweep(time.monotonic())

    def fail_all(self, why: RefusedError) -> None:
        """Answer all that waits with ``why``."""
        for ticket in self.queue.clear():
            if not ticket.done.done():
                ticket.done.set_exception(why)

    async def drained(self) -> None:
        """Wait until everything that was accepted is answered."""
        while not self.idle:
            if self._running:
                await asyncio.wait(self._running)
            else:
                await asyncio.sleep(0)

    def _go_on(self) -> None:
        """Send the next batch when the engine is free; a full one already while it computes the one before."""
        while self.queue.items and len(self._running) < 2:
            now = time.monotonic()
            self.dropped += self.queue.sweep(now)
            batch = choose(self.queue.items, now, self.queue.rate or 1.0, self.budget)
            if not batch or (self._running and not self._worth_sending_ahead(batch)):
                return
            taken = {(id(item.ticket), item.position) for item in batch}
            self.queue.items = [i for i in self.queue.items if (id(i.ticket), i.position) not in taken]
            task = asyncio.create_task(self._compute(batch))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _worth_sending_ahead(self, batch: Sequence[Item]) -> bool:
        """Whether a batch would not grow by waiting. A text over the budget waits, so that shorter ones can pass it."""
        longest = batch[-1].tokens
        return longest <= self.budget and (longest * (len(batch) + 1) > self.budget or len(batch) >= MOST_ITEMS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.fail_all(RefusedError("failed", "the server has a fault; it is in its log"))
        self._go_on()

    async def _compute(self, batch: list[Item]) -> None:
        began = time.monotonic()
        wanted = any(item.ticket.probabilities for item in batch)
        try:
            answers = await self.engine.answer([item.text for item in batch], wanted)
        except Exception as exc:  # noqa: BLE001  # whatever it is, nobody may wait for this batch
            self.queue.dropped(batch)
            self._fail(batch, exc)
            return
        now = time.monotonic()
        seconds = now - max(began, self._free_at)  # a batch sent ahead waited for the one before
        self._free_at = now
        self.queue.finished(batch, seconds)
        self._computed(len(batch), sum(item.tokens for item in batch), seconds)
        for item, found in zip(batch, answers, strict=True):
            item.ticket.said[item.position] = found
            if len(item.ticket.said) == len(item.ticket.texts):
                self._complete(item.ticket)

    def _fail(self, batch: Sequence[Item], exc: Exception) -> None:
        died = isinstance(exc, EngineDiedError)
        why = (
            RefusedError("unavailable", "the model's process ended and is started again", 2)
            if died
            else RefusedError(
                "failed",
                f"the model could not answer: {exc if isinstance(exc, EngineFailedError) else type(exc).__name__}",
            )
        )
        for item in batch:
            if not item.ticket.done.done():
                item.ticket.done.set_exception(why)
        if died:
            self.fail_all(why)

    def _complete(self, ticket: Ticket) -> None:
        """Answer, unless topics were edited in the middle: then all of it is asked once more, by the new ones."""
        if ticket.done.done():
            return
        said = [ticket.said[position] for position in range(len(ticket.texts))]
        versions = {one.taxonomy for one in said if one.topic is not None}
        if len(versions) > 1 and ticket.asked < _ASKED_AT_MOST:
            self.queue.add(ticket, first=True)
            return
        with suppress(asyncio.InvalidStateError):
            ticket.done.set_result(said)
