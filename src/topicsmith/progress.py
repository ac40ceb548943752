"""Progress on standard error: bar, rate, money so far, time left; silent when not on a terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


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
    """Bars by rich when standard error is a terminal, plain lines otherwise."""

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
        if self.quiet or not sys.stderr.isatty():
            yield _SilentTask()
            return
        from topicsmith.progress_bar import bar

        with bar(title, total, unit) as task:
            yield task


def plain(text: str) -> str:
    """``text`` without the characters that steer a terminal (ESC, BEL, other C0 and C1 controls)."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f"))
