"""The standard streams of a command, which may be closed, full, or read by somebody who has seen enough.

An answer that cannot be printed is an error; a message that cannot be shown is not, and neither is the name of a file
that was written all the same.
"""

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from topicsmith.disk_errors import FULL
from topicsmith.errors import StorageError


class ReaderGoneError(Exception):
    """Whoever read standard output has closed it, as ``head`` does."""


class OutputClosedError(StorageError):
    """Standard output was closed before the command began."""


class _Output(io.FileIO):
    """Standard output, which says in our own words why it takes nothing more."""

    def __init__(self, closed: bool) -> None:
        super().__init__(1, "w", closefd=False)
        self.without = closed
        self.dropped = False

    def write(self, data: Any, /) -> int:
        if self.dropped:
            return memoryview(data).nbytes
        if self.without:
            raise OutputClosedError(
                "standard output is closed, so the answer has nowhere to go; files that were written are kept"
            )
        try:
            return super().write(data)
        except BrokenPipeError:
            raise ReaderGoneError from None
        except OSError as exc:
            what = "the disk is full" if exc.errno in FULL else exc.strerror
            raise StorageError(
                f"standard output cannot be written: {what}; send it elsewhere, everything that was finished is kept"
            ) from exc


class _Messages(io.FileIO):
    """Standard error: what it does not take is lost, and nothing else is."""

    def __init__(self) -> None:
        super().__init__(2, "w", closefd=False)

    def write(self, data: Any, /) -> int:
        with suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


def hold_streams() -> None:
    """Make the standard streams behave as this module says, also those that are closed.

    A number that is closed would be given to the next file that is opened, and messages would go into it; the null
    device takes it instead.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(number)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Messages(), sys.stderr, "backslashreplace", lines=True)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Output(sys.stdout is None), sys.stdout, "strict", lines=False)


def _text(raw: io.FileIO, before: TextIO | None, errors: str, *, lines: bool) -> TextIO:
    """A text stream over ``raw`` that encodes and flushes as ``before`` did."""
    known: Any = before
    unbuffered = isinstance(getattr(known, "buffer", None), io.RawIOBase)  # python -u
    return io.TextIOWrapper(
        raw if unbuffered else io.BufferedWriter(raw),  # as 'python -u' has it
        encoding=getattr(known, "encoding", None) or "utf-8",
        errors=getattr(known, "errors", None) or errors,
        line_buffering=getattr(known, "line_buffering", lines),
        write_through=unbuffered,
    )


def drop_output() -> None:
    """Let go of what standard output did not take, so that the interpreter does not try once more at its end."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", getattr(sys.stdout, "buffer", None))
    if isinstance(raw, _Output):
        raw.dropped = True


def mention(line: str) -> None:
    """Print where something lies that was written; where nobody listens, it was written all the same."""
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except (OutputClosedError, ReaderGoneError):
        drop_output()
