"""The rows of a run that are read and not finished: what the ledger answers, what is to be sent, who asks the same."""

import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.requests.row_state import RowState, take_all
from topicsmith.llm.requests.types import Ask, FollowUp


class Intake:
    """Reads questions a few hundred ahead; rows that ask the same share one call.

    Attributes:
        fresh: rows to send, in order.
        aside: rows that were told to be slower again and again while others were accepted: they are asked alone.
        exhausted: whether every question is read.
        taken: questions read so far.
    """

    def __init__(self, asks: Iterator[Ask], ledger: Ledger, follow_up: FollowUp, provider: str) -> None:
        """Read ``asks`` as they are needed."""
        self.fresh: deque[RowState] = deque()
        self.aside: deque[RowState] = deque()
        self.exhausted = False
        self.taken = 0
        self._asks = asks
        self._ledger = ledger
        self._follow_up = follow_up
        self._provider = provider
        self._rows: dict[bytes, RowState] = {}
        self._retries: list[tuple[float, int, RowState]] = []
        self._serial = 0

    @property
    def has_others(self) -> bool:
        """Whether more than one row is left to ask."""
        return len(self._rows) > 1 or not self.exhausted

    @property
    def under_way(self) -> int:
        """How many rows are read and not finished."""
        return len(self._rows)

    def refill(self, number: int) -> list[RowState]:
        """Read up to ``number`` questions more; gives the rows that the ledger finished."""
        asks = list(islice(self._asks, number))
        self.exhausted = not asks
        self.taken += len(asks)
        rows = []
        for ask in asks:
            key = answer_key(self._provider, ask.request)
            same = self._rows.get(key)
            if same is None:
                self._rows[key] = row = RowState([ask.id], key, key, ask.request)
                rows.append(row)
            else:
                same.ids.append(ask.id)
        return self.look_up(rows)

    def look_up(self, rows: list[RowState]) -> list[RowState]:
        """Answer ``rows`` from the ledger as far as it goes; gives those that are finished, the others are to send."""
        finished, fresh = take_all(rows, self._ledger.find, self._follow_up, self._provider)
        self.fresh.extend(fresh)
        return finished

    def next(self, *, alone: bool, from_afar: bool) -> RowState | None:
        """The row to send next: those set aside come last, and only where nothing else is open (``alone``).

        ``from_afar`` takes the one that was read last: after refusals in a row, whose neighbours may be like them.
        """
        if self.fresh:
            return self.fresh.pop() if from_afar else self.fresh.popleft()
        if not (self.aside and alone and self.exhausted) or self._retries:
            return None
        return self.aside.popleft()

    def again(self, row: RowState, wait_s: float) -> None:
        """Ask ``row`` again after ``wait_s`` seconds at the earliest."""
        self._serial += 1
        heapq.heappush(self._retries, (time.monotonic() + wait_s, self._serial, row))

    def retry_wait_s(self, allowed_in_s: Callable[[], float]) -> float:
        """Seconds until a row may be asked again, infinity where none is to be; ``allowed_in_s`` may hold it back."""
        return max(self._retries[0][0] - time.monotonic(), allowed_in_s()) if self._retries else math.inf

    def next_retry(self, allowed_in_s: Callable[[], float]) -> RowState | None:
        """A row that is due to be asked again."""
        return heapq.heappop(self._retries)[2] if self.retry_wait_s(allowed_in_s) <= 0 else None

    def finished(self, row: RowState) -> None:
        """Forget a row."""
        del self._rows[row.first_key]
