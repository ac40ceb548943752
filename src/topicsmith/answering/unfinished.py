"""Answers kept while they are made, so that a killed process goes on where it stopped.

Beside the output lies ``.NAME.unfinished``: a first line that says what is answered by what, then one JSON line an
answer. A line that was torn by the kill is cut off.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson

from topicsmith.disk_errors import cannot_be, disk_errors
from topicsmith.errors import UserError

_BLOCK = 2**20


class UnfinishedAnswers:
    """The kept answers; ``done`` counts those that were there when it was opened."""

    def __init__(self, path: Path, file: IO[bytes], start: int, done: int) -> None:
        """``start`` is where the first answer begins."""
        self.path = path
        self.done = done
        self._file = file
        self._start = start

    def add(self, lines: list[bytes]) -> None:
        """Keep answers, each a JSON line without its end.

        Raises:
            StorageError: when the disk is full or failing.
        """
        try:
            _write(self._file, b"".join(line + b"\n" for line in lines))
        except OSError as exc:
            raise cannot_be("written", self.path, exc) from exc

    def lines(self) -> Iterator[bytes]:
        """Every kept answer, with its line end."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            yield from file


@contextmanager
def unfinished_answers(out: Path, job: object) -> Iterator[UnfinishedAnswers]:
    """The answers kept for ``out``; those of another ``job`` (plain data) are thrown away.

    The file goes when the block ends without an error.

    Raises:
        UserError: when another process is writing ``out``.
        StorageError: when its folder cannot be written.
    """
    path = out.parent / f".{out.name}.unfinished"
    head = orjson.dumps(job, option=orjson.OPT_SORT_KEYS) + b"\n"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab+", buffering=0)  # closing a buffer would try once more to write what failed
    except OSError as exc:
        raise cannot_be("written", out, exc) from exc
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{out}: another process is writing it; wait for it or choose another file") from None
        file.seek(0)
        done = 0
        if file.readline() == head:
            done, end = _whole_lines(file, len(head))
            file.truncate(end)
        else:
            with disk_errors(out):
                file.truncate(0)
                _write(file, head)
        yield UnfinishedAnswers(path, file, len(head), done)
        with disk_errors(path):
            path.unlink()


def _write(file: IO[bytes], data: bytes) -> None:
    """Write all of ``data``, which an unbuffered file may take in pieces."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _whole_lines(file: IO[bytes], start: int) -> tuple[int, int]:
    """How many whole lines follow ``start``, and where the last of them ends."""
    count, end, position = 0, start, start
    file.seek(start, os.SEEK_SET)
    while block := file.read(_BLOCK):
        count += block.count(b"\n")
        last = block.rfind(b"\n")
        if last >= 0:
            end = position + last + 1
        position += len(block)
    return count, end
