"""The model that answers now: started, started again when it dies, exchanged for a newer one without mixing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from topicsmith.errors import TopicsmithError
from topicsmith.serving.batching import Batcher
from topicsmith.serving.logs import EventLog
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Engine, Limits, Said, ServedModel
from topicsmith.serving.refusals import RefusedError

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0
_HEALTHY_S = 60.0
"""A model that served so long is started again at once when it dies."""


@dataclass(frozen=True)
class Answered:
    """The answers to a request, all of one model."""

    model: ServedModel
    said: Sequence[Said]


class Service:
    """Answers requests; knows whether it can."""

    def __init__(
        self, start_engine: Callable[[], Awaitable[Engine]], limits: Limits, metrics: Metrics, log: EventLog
    ) -> None:
        """Serve what ``start_engine`` loads, each time it is called."""
        self.limits = limits
        self.stopping = False
        self._start_engine = start_engine
        self._metrics = metrics
        self._log = log
        self._now: Batcher | None = None
        self._older: set[Batcher] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._exchange = asyncio.Lock()
        metrics.watch_queue(lambda: self._now.queue.tokens if self._now else 0, self._ready_figure)

    @property
    def ready(self) -> bool:
        """Whether requests are taken."""
        return self._now is not None and not self.stopping and not self._now.engine.died.is_set()

    def _ready_figure(self) -> float:
        return float(self.ready)

    @property
    def model(self) -> ServedModel | None:
        """The model that answers now."""
        return self._now.engine.model if self._now is not None else None

    async def start(self) -> None:
        """Load the model.

        Raises:
            TopicsmithError: when it cannot be used.
        """
        self._take_over(await self._start_engine())

    def _take_over(self, engine: Engine) -> None:
        self._now = Batcher(engine, self.limits, self._metrics.computed)
        self._log.event("model", model=engine.model.id, kind=engine.model.kind, taxonomy=engine.model.taxonomy)
        self._metrics.model(engine.model)
        self._spawn(self._watch(self._now))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def check_room(self, tokens: int) -> None:
        """Refuse what would be refused anyway, before anything is read of it.

        Raises:
            RefusedError: when the server stops, has no model, or its queue is full.
        """
        self._batcher().queue.check_room(tokens, self.limits.deadline_s)

    def _batcher(self) -> Batcher:
        if self.stopping:
            raise RefusedError("stopping", "the server is stopping; ask another one", 1, close=True)
        if self._now is None or self._now.engine.died.is_set():
            raise RefusedError("unavailable", "the model is being started again; come again later", 2)
        return self._now

    async def answer(self, texts: Sequence[str], deadline_s: float, *, probabilities: bool = False) -> Answered:
        """One answer a text, all by one model.

        Cancelling this gives up what is not computed.

        Raises:
            RefusedError: when there is no room, the time is over, or the model fails.
        """
        batcher = self._batcher()
        if not texts:
            return Answered(batcher.engine.model, ())
        ticket = batcher.ticket(texts, deadline_s, probabilities=probabilities)
        try:
            async with asyncio.timeout(deadline_s):
                said = await ticket.done
        except TimeoutError:
            raise RefusedError("deadline_exceeded", f"was not answered within {deadline_s:g} s", 1) from None
        finally:
            before = batcher.dropped
            batcher.give_up(ticket)
            self._metrics.dropped(batcher.dropped - before)
        return Answered(batcher.engine.model, said)

    async def reload(self) -> ServedModel:
        """Load the model anew and let it answer from now on; requests that are under way end with the old one.

        Raises:
            TopicsmithError: when the new one cannot be used; the old one stays.
            RefusedError: when the server stops.
        """
        async with self._exchange:
            self._batcher()
            try:
                engine = await self._start_engine()
            except TopicsmithError as exc:
                self._metrics.reloaded("refused")
                self._log.event("reload_refused", reason=str(exc))
                raise
            old = self._now
            self._take_over(engine)
            self._metrics.reloaded("done")
            if old is not None:
                self._older.add(old)
                self._spawn(self._retire(old))
            return engine.model

    async def _retire(self, old: Batcher) -> None:
        await old.drained()
        self._older.discard(old)
        await old.engine.close()

    async def _watch(self, batcher: Batcher) -> None:
        """Start a new process when the one that answers now is gone."""
        began = time.monotonic()
        await batcher.engine.died.wait()
        if self._settled(batcher):
            return
        batcher.fail_all(RefusedError("unavailable", "the model's process ended and is started again", 2))
        self._log.event("model_process_ended", model=batcher.engine.model.id)
        pause = 0.0 if time.monotonic() - began > _HEALTHY_S else _FIRST_PAUSE_S
        await batcher.engine.close()
        while True:
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, 2 * pause))
            async with self._exchange:
                if self._settled(batcher):
                    return
                try:
                    engine = await self._start_engine()
                except TopicsmithError as exc:
                    self._log.event("restart_failed", reason=str(exc), next_try_s=pause)
                    continue
                self._metrics.restarted()
                self._take_over(engine)
                return

    def _settled(self, dead: Batcher) -> bool:
        """Whether nothing has to take the place of ``dead``."""
        return self.stopping or dead is not self._now

    def stop_taking(self) -> None:
        """Refuse what comes from now on."""
        self.stopping = True

    async def finish(self) -> None:
        """Answer all that was accepted, then end the processes."""
        self.stopping = True
        batchers = [*self._older, *([self._now] if self._now is not None else [])]
        for batcher in batchers:
            if not batcher.engine.died.is_set():
                await batcher.drained()
        for task in self._tasks:
            task.cancel()
        for batcher in batchers:
            await batcher.engine.close()
