"""Errors that libraries raise, and streams that are closed or full: real processes, real devices."""

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from topicsmith.cli.last_door import known
from topicsmith.errors import ProjectError, StorageError, TopicsmithError


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/runs/a"), StorageError, "/runs/a: the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), StorageError, "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "/runs"), StorageError, "/runs: Read-only file system; make"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), ProjectError, "the name is too long"),
        (OSError(errno.EIO, "Input/output error", "/runs/b"), StorageError, "/runs/b: Input/output error"),
        (sqlite3.DatabaseError("database disk image is malformed"), StorageError, "a ledger cannot be read"),
        (sqlite3.OperationalError("unable to open database file"), StorageError, "a ledger cannot be read"),
        (RuntimeError("underlying IO error: No space left on device (os error 28)"), StorageError, "the disk is full"),
        (MemoryError(), StorageError, "not enough memory"),
        (RecursionError("maximum recursion depth exceeded"), ProjectError, "nested too deeply"),
    ],
)
def test_security_k21_what_libraries_raise_is_said_in_our_words(
    error: Exception, kind: type[TopicsmithError], said: str
) -> None:
    found = known(error)
    assert type(found) is kind
    assert said in str(found)


def test_our_own_errors_stay_and_strangers_are_not_explained_away() -> None:
    own = ProjectError("x")
    assert known(own) is own
    assert known(KeyError("a bug")) is None


@pytest.mark.slow
def test_security_k21_a_run_on_a_disk_that_fills_up_ends_in_a_line(tmp_path: Path) -> None:
    """Files may not grow above 2 KiB here, so that the first table of the run cannot be written."""
    rows = "\n".join(f'{{"id": "{n}", "text": "question number {n} about something else"}}' for n in range(2000))
    (tmp_path / "t.jsonl").write_text(rows)
    (tmp_path / "topicsmith.yaml").write_text(
        "name: full\ntraces: {path: t.jsonl, format: table, text: text, id: id}\n"
        "taxonomy: {topics: [{name: a}, {name: b}]}\nlabeling: {annotators: ['local:keywords']}\n"
        "candidates: [{name: m, kind: majority}]\n"
    )
    line = f"trap '' XFSZ; ulimit -f 2; exec {sys.executable} -m topicsmith run {tmp_path} --until ingest"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert "the disk is full" in ended.stderr.splitlines()[-1]
    assert "not foreseen" not in ended.stderr
