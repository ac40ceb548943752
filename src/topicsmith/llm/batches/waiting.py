"""Rows that wait to be handed in, in jobs of a size that the service takes.

A queue that is full is no reason for smaller jobs while one of ours is under way: the next is handed in when that one
has ended. Only a job that is refused with nothing under way is halved, down to one row, and that row fails for itself.
A job much smaller than one that was taken before is not halved: others fill the queue, and it is tried again later.
"""

import time
from collections import deque
from collections.abc import Sequence

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.notes import WINDOW_S
from topicsmith.llm.batches.rows import BatchRow, size_of
from topicsmith.llm.errors import BadRequest, ProviderFailure, TooLarge

RETRY_S = 900.0
"""The longest pause before a job is handed in again that others keep out."""

MOST_ALONE = 20
"""How many rows may be refused alone, one after the other, before the queue is taken to be full for all of them."""

SURELY_SMALLER = 4
"""Limits count tokens and we count bytes: a job with so many times fewer bytes has fewer tokens in any language."""


class WaitingRows:
    """The jobs that are next, and what was learnt of the service's limits while they were handed in."""

    def __init__(
        self, most_lines: int, most_bytes: int, taken: int, poll_s: float, patience_s: float = WINDOW_S
    ) -> None:
        """Jobs of at most so many lines and bytes; one of ``taken`` bytes was taken before."""
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._taken = taken
        self._poll_s = poll_s
        self._patience_s = patience_s
        self._groups: deque[list[BatchRow]] = deque()
        self._one_by_one = False
        self._alone = 0
        self._refused_since: float | None = None
        self._pause_s = poll_s
        self._again_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._groups)

    def fill(self, rows: Sequence[BatchRow]) -> None:
        """Let ``rows`` wait, short ones first: a row that is too much by itself comes when the others are taken."""
        self._groups.clear()
        size = 0
        for row in sorted(rows, key=lambda row: row.size):
            last = self._groups[-1] if self._groups else []
            if not last or len(last) >= self._most_lines or size + row.size > self._most_bytes:
                self._groups.append([row])
                size = row.size
            else:
                last.append(row)
                size += row.size

    def ready(self, *, under_way: bool) -> bool:
        """Whether a job may be handed in now."""
        if not self._groups or (under_way and self._one_by_one):
            return False
        return time.monotonic() >= self._again_at

    def take(self) -> list[BatchRow]:
        """The rows of the next job."""
        group = self._groups.popleft()
        while len(group) > 1 and size_of(group) > self._most_bytes:
            group, rest = halves(group)
            self._groups.appendleft(rest)
        return group

    def put_back(self, group: list[BatchRow]) -> None:
        """Let ``group`` be the next again."""
        self._groups.appendleft(group)

    def was_taken(self, size: int) -> None:
        """A job of so many bytes was carried out."""
        self._taken = max(self._taken, size)
        self._alone, self._refused_since, self._pause_s = 0, None, self._poll_s

    def refused(
        self, group: list[BatchRow], why: ProviderFailure, *, of_the_queue: bool, under_way: bool, others: bool
    ) -> str:
        """A job was not taken, for its own size or because of a full queue; gives what is done about it.

        ``under_way`` are jobs of ours, ``others`` some that are known of beside them.

        Raises:
            UpstreamError: when the queue stays full, or takes not even one of many rows.
        """
        if of_the_queue:
            self._one_by_one = True
            if under_way:
                self.put_back(group)
                return "handed in again when the jobs under way have ended"
            is_small = size_of(group) * SURELY_SMALLER <= self._taken
            if (others or is_small) and self._pause():
                self.put_back(group)
                return f"others fill the queue; tried again for up to {self._patience_s / 3600:.0f} hours"
            if is_small:
                raise UpstreamError(f"{why}: the queue has stayed full; run again when it is empty")
        if len(group) == 1:
            self._fail(group[0], why, of_the_queue=of_the_queue)
            return "not taken even alone: this row fails, the others go on"
        parts = halves(group)
        self._most_bytes = max(size_of(part) for part in parts)
        self._groups.extendleft(reversed(parts))
        return f"handed in again in jobs of at most {max(map(len, parts)):,} rows"

    def _pause(self) -> bool:
        """Whether there is patience left; if so, no job is ready for a while."""
        now = time.monotonic()
        self._refused_since = now if self._refused_since is None else self._refused_since
        self._again_at = now + self._pause_s
        self._pause_s = min(RETRY_S, 2 * self._pause_s)
        return now - self._refused_since < self._patience_s

    def _fail(self, row: BatchRow, why: ProviderFailure, *, of_the_queue: bool) -> None:
        if not of_the_queue:
            row.failure = TooLarge(str(why), status=413)
            return
        row.failure = BadRequest(f"{why}: not taken even alone; 'mode: online' can ask it")
        self._alone += 1
        if not self._taken and self._alone >= MOST_ALONE:
            raise UpstreamError(f"{why}: not even one row is taken; run again when the queue is empty")


def halves(group: list[BatchRow]) -> tuple[list[BatchRow], list[BatchRow]]:
    """``group``, of at least two rows, in two parts of about as many bytes, neither empty.

    >>> [len(part) for part in halves([BatchRow([], None, b"", size=size) for size in (1, 1, 1, 1, 90)])]
    [4, 1]
    """
    whole, before = size_of(group), 0
    for place, row in enumerate(group[:-1]):
        before += row.size
        if 2 * (before + group[place + 1].size) > whole:
            return group[: place + 1], group[place + 1 :]
    return group[:-1], group[-1:]
