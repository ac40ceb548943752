"""Asking a model many questions: ledger first, then the network at the pace it takes, every answer durable at once.

The work runs in a thread of its own, with its own event loop; :func:`ask_all` gives an iterator to the caller's thread.
Memory does not grow with the number of rows: questions are read as they are needed, answers wait in a bounded queue.
"""

import asyncio
import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from topicsmith.llm.requests.control import Control
from topicsmith.llm.requests.scheduler import ask_everything
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import Provider


def ask_all(
    asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings | None = None
) -> "AnswerStream":
    """Ask everything in ``asks`` (read in another thread, a few hundred ahead); outcomes come in any order.

    Iterating raises what stops a run as a whole: ``BudgetSpentError``, ``StorageError``, ``QuotaExhausted``,
    ``AuthRefused``, a provider that stays away. What was answered until then has been given before, and is kept.
    """
    return AnswerStream(asks, provider, ledger, settings or EngineSettings())


class AnswerStream(Iterator[AskOutcome]):
    """The outcomes, one by one; ``close`` or leaving a ``with`` block drains and keeps what is under way."""

    def __init__(self, asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings) -> None:
        self._batches: queue.SimpleQueue[list[AskOutcome] | BaseException | None] = queue.SimpleQueue()
        self._control = Control(settings.drain_s)
        self._work = ask_everything(iter(asks), provider, ledger, settings, self._batches.put, self._control)
        self._batch: Iterator[AskOutcome] = iter(())
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="topicsmith-engine")
        self._thread.start()

    def _run(self) -> None:
        """The thread: the last thing in the queue is ``None`` or what went wrong."""
        end: BaseException | None = None
        try:
            asyncio.run(self._work)
        except BaseException as error:  # noqa: BLE001  # handed to the caller's thread, which raises it
            end = error
        self._batches.put(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __next__(self) -> AskOutcome:
        while True:
            outcome = next(self._batch, None)
            if outcome is not None:
                return outcome
            if self._ended:
                raise StopIteration
            self._take()

    def _take(self) -> None:
        try:
            batch = self._batches.get()
        except BaseException:  # Ctrl-C while waiting: keep what is paid for, then let it through
            self.close()
            raise
        if isinstance(batch, list):
            self._batch = iter(batch)
            self._control.delivered(len(batch))
            return
        self._ended = True
        self._thread.join()
        if batch is not None:
            raise batch

    def stop(self) -> None:
        """Send nothing more, from any thread; iterating ends when the calls under way have ended, or the drain time."""
        self._control.stop()

    def close(self) -> None:
        """Stop and wait; an interrupt while waiting gives up the calls under way, but keeps the answers that came."""
        self._ended = True
        self._control.stop()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._control.stop(drain_s=0.0)
            self._thread.join()
            raise
