"""What waits to be computed: bounded in tokens, refused with the time to come again, dropped when nobody waits."""

import asyncio
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from topicsmith.serving.records import Said
from topicsmith.serving.refusals import RefusedError

_BYTES_A_TOKEN = 4
_SPECIAL = 2
_FIRST_RATE = 20_000.0
_WEIGHT = 0.2


def tokens_of(text: str, reads: int | None = None) -> int:
    """About how many tokens a text has, told from its bytes; at most ``reads`` where a model reads no more."""
    found = len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN + _SPECIAL
    return found if reads is None else min(found, reads)


@dataclass(eq=False)
class Ticket:
    """A request that was accepted: its texts, until when it must be answered, and what is known so far.

    ``gone`` says that nobody waits for it any more; ``asked`` how often its texts were put in the queue.
    """

    texts: Sequence[str]
    deadline: float
    arrived: float
    done: asyncio.Future[list[Said]]
    probabilities: bool = False
    gone: bool = False
    said: dict[int, Said] = field(default_factory=dict)
    asked: int = 0

    def dead(self, now: float) -> bool:
        """Whether computing for it would be in vain."""
        return self.gone or self.done.done() or now >= self.deadline


@dataclass(order=True, slots=True)
class Item:
    """One text of a request as it waits; shorter ones first, older ones first among those."""

    tokens: int
    number: int
    ticket: Ticket = field(compare=False)
    position: int = field(compare=False)

    @property
    def text(self) -> str:
        """The text."""
        return self.ticket.texts[self.position]


class TokenQueue:
    """All accepted texts that are not computed, sorted by length; and how many tokens are accepted at all."""

    def __init__(self, most_tokens: int, reads: int | None = None) -> None:
        """Take on ``most_tokens`` at most; of a text at most ``reads`` count."""
        self.most_tokens = most_tokens
        self.reads = reads
        self.items: list[Item] = []
        self.tokens = 0
        self.rate = 0.0
        self._number = 0

    def __len__(self) -> int:
        return len(self.items)

    def wait_s(self) -> float:
        """About how long all that was accepted will take."""
        return self.tokens / (self.rate or _FIRST_RATE)

    def check_room(self, tokens: int, left_s: float) -> None:
        """Refuse what would not fit, or not be answered within ``left_s``; nothing is computed for it.

        Raises:
            RefusedError: with the time after which there should be room.
        """
        over = self.tokens + tokens - self.most_tokens
        if self.tokens and over > 0:
            wait = over / (self.rate or _FIRST_RATE)
            raise RefusedError("overloaded", "the queue is full; come again later", wait)
        if self.rate and self.wait_s() > left_s:
            late = self.wait_s() - left_s
            raise RefusedError("overloaded", "the queue is longer than this request may wait; come again later", late)

    def add(self, ticket: Ticket, *, first: bool = False) -> None:
        """Take on every text of ``ticket``; with ``first`` before others of their length."""
        ticket.asked += 1
        ticket.said.clear()
        for position, text in enumerate(ticket.texts):
            self._number += 1
            tokens = tokens_of(text, self.reads)
            self.tokens += tokens
            insort(self.items, Item(tokens, -self._number if first else self._number, ticket, position))

    def sweep(self, now: float) -> int:
        """Drop what nobody waits for; how many texts that were."""
        alive = [item for item in self.items if not item.ticket.dead(now)]
        dropped = len(self.items) - len(alive)
        if dropped:
            self.tokens -= sum(item.tokens for item in self.items) - sum(item.tokens for item in alive)
            self.items = alive
        return dropped

    def finished(self, batch: Sequence[Item], seconds: float) -> None:
        """Count ``batch`` as computed in ``seconds``; the rate follows."""
        tokens = sum(item.tokens for item in batch)
        self.tokens -= tokens
        if seconds > 0:
            seen = tokens / seconds
            self.rate = seen if not self.rate else (1 - _WEIGHT) * self.rate + _WEIGHT * seen

    def dropped(self, batch: Sequence[Item]) -> None:
        """Count ``batch`` as given up."""
        self.tokens -= sum(item.tokens for item in batch)

    def clear(self) -> list[Ticket]:
        """Give up all that waits; whose it was."""
        tickets = list({id(item.ticket): item.ticket for item in self.items}.values())
        self.dropped(self.items)
        self.items = []
        return tickets
