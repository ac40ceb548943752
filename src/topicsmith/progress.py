"""Progress on standard error: bar, rate, money so far, time left; a line a minute where there is no terminal."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")
MINUTE = 60.0
"""Seconds between the lines of a long task where there is no terminal."""


class Task(Protocol):
    """One thing being counted."""

    def advance(self, steps: int = 1, usd: float = 0.0) -> None:
        """Count ``steps`` more, and ``usd`` more spent."""


class Progress(Protocol):
    """Where stages tell how far they are."""

    def task(self, title: str, total: int | None = None, unit: str = "rows") -> AbstractContextManager[Task]:
        """Open a task; it closes with the ``with`` block."""

    def say(self, line: str) -> None:
        """One line for the person, on standard error."""


class _SilentTask:
    def advance(self, steps: int = 1, usd: float = 0.0) -> None:
        """Count nothing."""


class _LineTask:
    """Says how far it is once a minute, for logs without a terminal; short tasks say nothing."""

    def __init__(self, title: str, total: int | None, unit: str, say: Callable[[str], None]) -> None:
        self._title, self._total, self._unit, self._say = title, total, unit, say
        self._count, self._usd = 0, 0.0
        self._next = time.monotonic() + MINUTE

    def advance(self, steps: int = 1, usd: float = 0.0) -> None:
        """Count, and say so when it is time."""
        self._count += steps
        self._usd += usd
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + MINUTE
            total = "" if self._total is None else f" of {self._total:,}"
            spent = f", ${self._usd:,.2f}" if self._usd else ""
            self._say(f"{self._title}: {self._count:,}{total} {self._unit}{spent}")


class SilentProgress:
    """Counts nothing and says nothing: for library use and tests."""

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "rows") -> Iterator[Task]:  # noqa: ARG002
        """Give a task that ignores what it is told."""
        yield _SilentTask()

    def say(self, line: str) -> None:
        """Say nothing."""


def track(items: Iterable[T], progress: Progress, title: str, total: int | None = None) -> Iterator[T]:
    """Yield ``items``, counting each."""
    with progress.task(title, total) as task:
        for item in items:
            yield item
            task.advance()


class TerminalProgress(SilentProgress):
    """Bars by rich when standard error is a terminal, a plain line a minute otherwise."""

    def __init__(self, quiet: bool = False) -> None:
        """Draw on standard error; ``quiet`` keeps everything back."""
        self.quiet = quiet
        self._said: set[str] = set()

    def say(self, line: str) -> None:
        """Write one line, with control characters of foreign text removed; the same line once only."""
        if not self.quiet and line not in self._said:
            self._said.add(line)
            sys.stderr.write(plain(line) + "\n")
            sys.stderr.flush()

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "rows") -> Iterator[Task]:
        """Draw a bar for the task while it is open."""
        if self.quiet:
            yield _SilentTask()
            return
        if not sys.stderr.isatty():
            yield _LineTask(title, total, unit, self.say)
            return
        from topicsmith.progress_bar import bar

        with bar(title, total, unit) as task:
            yield task


def duration(seconds: float) -> str:
    """About how long, as one says it.

    >>> [duration(s) for s in (0.4, 42, 250, 7_900)]
    ['1 s', '42 s', '4 min', '2 h 12 min']
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def plain(text: str) -> str:
    """``text`` without the characters that steer a terminal (ESC, BEL, other C0 and C1 controls)."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f"))
