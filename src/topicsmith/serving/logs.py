"""Events as JSON lines on standard error: without texts, topics' words or keys, and never waited for."""

import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import Protocol

import orjson

_WAITING_AT_MOST = 10_000


class Sink(Protocol):
    """What takes lines; it may block."""

    def __call__(self, line: bytes, /) -> None:
        """Take ``line``."""


class EventLog:
    """Hands lines to a thread that writes them; when the reader is too slow they are counted and left out."""

    def __init__(self, sink: Sink | None = None) -> None:
        """Write to ``sink``, by default standard error."""
        self._sink = sink or _to_stderr
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._lost = 0
        self._busy = threading.Event()
        threading.Thread(target=self._write, daemon=True, name="log").start()

    @property
    def lost(self) -> int:
        """How many lines were left out because nobody took them."""
        return self._lost

    def event(self, name: str, **fields: object) -> None:
        """Put down that ``name`` happened."""
        if self._lines.qsize() >= _WAITING_AT_MOST:
            self._lost += 1
            return
        line = orjson.dumps({"at": round(time.time(), 3), "event": name, **fields}, default=str)
        self._lines.put(line + b"\n")

    def flush(self, seconds: float = 1.0) -> None:
        """Wait until the lines so far are written, but no longer than ``seconds``."""
        until = time.monotonic() + seconds
        while (self._lines.qsize() or self._busy.is_set()) and time.monotonic() < until:
            time.sleep(0.005)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            self._busy.set()
            try:
                self._sink(line)
            except (OSError, ValueError):  # closed or full: what it does not take is lost, serving goes on
                self._lost += 1
            if not self._lines.qsize():
                self._busy.clear()


def _to_stderr(line: bytes) -> None:
    os.write(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2, line)
