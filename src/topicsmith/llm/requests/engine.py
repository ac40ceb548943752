"""Asking a model many questions: ledger first, then the network at the pace it takes, every answer durable at once.

The work runs in a thread of its own, with its own event loop; :func:`ask_all` gives an iterator to the caller's thread.
Memory does not grow with the number of rows: questions are read as they are needed, answers wait in a bounded queue.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.http import ClientSettings
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.budget import Held
from topicsmith.llm.requests.pacing import PacingSettings
from topicsmith.llm.types import Answer, ChatRequest, Provider
from topicsmith.records import Usage

FollowUp = Callable[[ChatRequest, Answer, int], ChatRequest | None]
"""Given what was asked, the answer and how often the row was asked before: what to ask next, ``None`` when done."""

LARGEST_ROOM = 32_768


@dataclass(frozen=True, slots=True)
class Ask:
    """One question; ``id`` comes back with what became of it."""

    id: str
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    ``answers`` are all those paid for, in the order asked: the last one counts. ``failure`` says why the last asking
    brought none. ``calls`` were made in this run; an outcome with none came out of the ledger.
    """

    id: str
    answers: tuple[Paid, ...]
    failure: ProviderFailure | None
    calls: int


def unknown_cost(usage: Usage) -> None:  # the price of every usage is unknown
    """The cost function where no price is known."""


def more_room(request: ChatRequest, answer: Answer, asked_before: int) -> ChatRequest | None:
    """Ask once more, with four times the room, after an answer that was cut off."""
    if answer.finish != "length" or asked_before > 0 or request.max_output_tokens >= LARGEST_ROOM:
        return None
    return with_room(request, min(LARGEST_ROOM, 4 * request.max_output_tokens))


def with_room(request: ChatRequest, max_output_tokens: int) -> ChatRequest:
    """``request`` with another limit on the answer's length."""
    return ChatRequest(
        request.model,
        request.system,
        request.user,
        request.schema,
        max_output_tokens,
        request.temperature,
        request.seed,
    )


def _say_nothing(line: str) -> None:
    """Where nobody listens."""


@dataclass(frozen=True)
class EngineSettings:
    """How to ask.

    ``purse`` names what the money counts towards; engines that spend one budget share ``held``.
    ``drain_s`` is how long calls under way may still take once the engine is told to stop.
    """

    pacing: PacingSettings = field(default_factory=PacingSettings)
    client: ClientSettings = field(default_factory=ClientSettings)
    purse: str = "labeling"
    budget_usd: float | None = None
    held: Held = field(default_factory=Held)
    drain_s: float = 20.0
    cost: Callable[[Usage], float | None] = unknown_cost
    follow_up: FollowUp = more_room
    say: Callable[[str], None] = _say_nothing


def ask_all(asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings | None = None) -> "Asking":
    """Ask everything in ``asks`` (read in another thread, a few hundred ahead); outcomes come in any order.

    Iterating raises what stops a run as a whole: ``BudgetSpentError``, ``StorageError``, ``QuotaExhausted``,
    ``AuthRefused``, a provider that stays away. What was answered until then has been given before, and is kept.
    """
    return Asking(asks, provider, ledger, settings or EngineSettings())


class Asking(Iterator[Outcome]):
    """The outcomes, one by one; ``close`` or leaving a ``with`` block drains and keeps what is under way."""

    def __init__(self, asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings) -> None:
        from topicsmith.llm.requests.scheduler import Dispatcher

        self._batches: queue.SimpleQueue[list[Outcome] | BaseException | None] = queue.SimpleQueue()
        self._dispatcher = Dispatcher(iter(asks), provider, ledger, settings, self._batches.put)
        self._batch: Iterator[Outcome] = iter(())
        self._ended = False
        self._thread = threading.Thread(target=self._dispatcher.run, name="topicsmith-engine")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __next__(self) -> Outcome:
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
            self._dispatcher.delivered(len(batch))
            return
        self._ended = True
        self._thread.join()
        if batch is not None:
            raise batch

    def stop(self) -> None:
        """Send nothing more, from any thread; iterating ends when the calls under way have ended, or the drain time."""
        self._dispatcher.stop()

    def close(self) -> None:
        """Stop and wait; an interrupt while waiting gives up the calls under way, but keeps the answers that came."""
        self._ended = True
        self._dispatcher.stop()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._dispatcher.stop(drain_s=0.0)
            self._thread.join()
            raise
