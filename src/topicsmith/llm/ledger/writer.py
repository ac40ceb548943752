"""One thread that commits answers in groups, so that a disk's slowness is paid once for many.

It never waits for a group to grow: what gathered while the last commit was under way is the next one. What a disk
refused is tried again with it, and at the end.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from topicsmith.llm.ledger.ledger import DiskFullError, Ledger
from topicsmith.llm.ledger.sqlite import Paid

GROUP = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer to be kept; ``owner`` is handed back when it is durable.

    ``assumed_usd`` counts towards the budget in place of a cost that is not known.
    """

    key: bytes
    paid: Paid
    owner: object
    assumed_usd: float = 0.0


class LedgerWriter:
    """Saves what it is given and tells the event loop afterwards.

    Attributes:
        waiting: answers given and not yet durable; read in the loop's thread.
    """

    def __init__(
        self,
        ledger: Ledger,
        account: str,
        on_saved: Callable[[Sequence[Entry]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Save into ``ledger`` towards ``account``; the callbacks run in the loop that calls :meth:`start`."""
        self.waiting = 0
        self._ledger = ledger
        self._account = account
        self._on_saved = on_saved
        self._on_error = on_error
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="topicsmith-ledger")

    def start(self) -> None:
        """Start the thread; call it from the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Hand over an answer."""
        self.waiting += 1
        self._queue.put(entry)

    async def close(self) -> None:
        """Wait until everything handed over is durable, or known not to be."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the last callbacks

    def _run(self) -> None:
        more = True
        refused: list[Entry] = []
        while more:
            group, more = self._group()
            entries = refused + group
            if not entries:
                continue
            refused = []
            try:
                assumed = sum(entry.assumed_usd for entry in entries)
                self._ledger.save(self._account, [(entry.key, entry.paid) for entry in entries], assumed)
            except DiskFullError as error:
                self._tell(self._on_error, error)
            except Exception as error:  # noqa: BLE001  # told to the loop: a thread that dies silently would be waited for
                refused = entries
                self._tell(self._on_error, error)
                continue
            self._tell(self._saved, entries)

    def _tell(self, callback: Callable[[T], None], what: T) -> None:
        self._loop.call_soon_threadsafe(callback, what)

    def _group(self) -> tuple[list[Entry], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        entries = [first]
        while len(entries) < GROUP:
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                return entries, False
            entries.append(entry)
        return entries, True

    def _saved(self, entries: list[Entry]) -> None:
        self.waiting -= len(entries)
        self._on_saved(entries)
