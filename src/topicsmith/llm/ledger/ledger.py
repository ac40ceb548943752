"""The ledger: every answer that was paid for, kept in SQLite, found again by what was asked.

An answer's key is a hash of everything that could change it: provider, model, parameters, system prompt, schema, text,
and its turn where a question is asked again. The order of rows, their ids and the project's name are not in it, so a
second run pays for what is new and a changed prompt never meets an old answer. Values are JSON with a checksum over
key and value; nothing is unpickled, and what does not check counts as absent and is reported.

Commits are durable (write-ahead log, synchronous) before :meth:`Ledger.save` returns. Several processes may use one
file. A small reserve file beside it is given up when the disk fills, so that answers already on their way still fit.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from topicsmith.atomic_files import write_bytes
from topicsmith.errors import StorageError
from topicsmith.llm.ledger import sqlite
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.types import ChatRequest

RESERVE_BYTES = 4 * 1024 * 1024
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Spent:
    """What was paid so far: answers, US dollars, and answers whose cost is not known.

    Those count among the dollars with what was assumed of them: the most they can have cost where a budget is kept.
    """

    answers: int = 0
    usd: float = 0.0
    unpriced: int = 0


class DiskFullError(StorageError):
    """The disk is full; what was to be saved is saved all the same, in the room of the reserve."""


def answer_key(provider: str, request: ChatRequest, turn: int = 0) -> bytes:
    """The key under which the answer to ``request`` is kept.

    ``turn`` is 0 for the first asking, 1 when the same row is asked once more because its answer was of no use.
    """
    schema = b"" if request.schema is None else orjson.dumps(request.schema, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(digest_size=20, person=b"topicsmith1")
    parameters: tuple[object, ...] = (request.max_output_tokens, request.temperature, request.seed, turn)
    if request.shape:
        parameters += (request.shape,)
    for part in (provider, request.model, repr(parameters), request.system, request.user):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    digest.update(schema)
    return digest.digest()


class Ledger:
    """An open ledger, to be used as a context manager. One thread may save while another reads.

    Attributes:
        damaged: entries met whose checksum or shape was wrong; they count as absent.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the ledger at ``path``; a damaged one is saved from what still reads in it.

        Raises:
            RunStateError: when the file is of another kind or of a later version.
            StorageError: when it cannot be opened, or the disk is full.
        """
        self.path = path
        self._reserve = path.with_name(path.name + ".reserve")
        if not self._reserve.exists():
            write_bytes(self._reserve, bytes(RESERVE_BYTES))
        self.damaged = sqlite.prepare(path)
        self._reader = sqlite.connect(path)
        self._writer = sqlite.connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was saved stays."""
        self._reader.close()
        self._writer.close()

    def find(self, keys: Sequence[bytes]) -> dict[bytes, Paid]:
        """The answers kept under ``keys``, where there are any."""
        found: dict[bytes, Paid] = {}
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, value, sum FROM answers WHERE key IN ({marks})"  # noqa: S608  # only question marks
            for key, value, check in self._run(self._reader, query, part):
                paid = sqlite.read_value(key, value, check)
                if paid is None:
                    self.damaged += 1
                else:
                    found[key] = paid
        return found

    def save(self, account: str, entries: Sequence[tuple[bytes, Paid]], assumed_usd: float = 0.0) -> None:
        """Keep answers, durably, in one transaction; ``account`` is what the money counts towards.

        ``assumed_usd`` is counted for those of unknown cost together. The first readable answer kept under a key stays;
        a second one is only counted as paid.

        Raises:
            StorageError: when the disk is full or failing. Nothing may be sent after that; the same answers may be
                saved once more, with those that come in late.
            DiskFullError: when the answers are saved, and nothing may be sent after them.
        """
        try:
            self._save(account, entries, assumed_usd)
        except sqlite3.Error as error:
            if not (self._is_full(error) and self._give_up_reserve()):
                raise sqlite.storage_error(self.path, error) from error
            try:
                self._save(account, entries, assumed_usd)
            except sqlite3.Error as again:
                raise sqlite.storage_error(self.path, again) from again
        if not self._reserve.exists():
            raise DiskFullError(f"{self.path}: the disk is full; every answer paid for is kept: free space, run again")

    def spent(self, account: str) -> Spent:
        """What was paid towards ``account`` so far, by every process."""
        rows = self._run(self._reader, "SELECT answers, usd, unpriced FROM spent WHERE purse = ?", (account,))
        return Spent(*rows[0]) if rows else Spent()

    def count(self) -> int:
        """How many different answers are kept."""
        return int(self._run(self._reader, "SELECT count(*) FROM answers", ())[0][0])

    def save_job(self, name: str, value: Mapping[str, object]) -> None:
        """Keep what is known of a batch job, durably, in place of what was known."""
        data = orjson.dumps(value)
        query = "INSERT INTO jobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, sum = excluded.sum"
        self._run(self._writer, query, (name, data, sqlite.checksum(name.encode(), data)))

    def jobs(self) -> dict[str, dict[str, object]]:
        """The batch jobs known, by name."""
        found = {}
        for name, value, check in self._run(self._reader, "SELECT name, value, sum FROM jobs ORDER BY name", ()):
            if sqlite.checksum(name.encode(), value) == check:
                found[name] = orjson.loads(value)
            else:
                self.damaged += 1
        return found

    def _run(self, database: sqlite3.Connection, query: str, values: Sequence[object]) -> list[sqlite.Row]:
        try:
            return database.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise sqlite.storage_error(self.path, error) from error

    def _save(self, account: str, entries: Sequence[tuple[bytes, Paid]], assumed_usd: float) -> None:
        rows = []
        usd, unpriced = assumed_usd, 0
        for key, paid in entries:
            value = sqlite.write_value(paid)
            rows.append((key, value, sqlite.checksum(key, value), account))
            cost = paid.answer.usage.cost_usd
            usd += cost or 0.0
            unpriced += cost is None
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            self._replace_unreadable([row[0] for row in rows])
            self._writer.executemany(
                "INSERT INTO answers VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET paid = paid + 1", rows
            )
            self._writer.execute(sqlite.COUNT_SPENT, (account, len(rows), usd, unpriced))
            self._writer.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                self._writer.execute("ROLLBACK")
            raise

    def _replace_unreadable(self, keys: Sequence[bytes]) -> None:
        for key in keys if self.damaged else ():
            row = self._writer.execute("SELECT key, value, sum FROM answers WHERE key = ?", (key,)).fetchone()
            if row is not None and sqlite.read_value(*row) is None:
                self._writer.execute("DELETE FROM answers WHERE key = ?", (key,))

    def _is_full(self, error: sqlite3.Error) -> bool:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            return True
        return shutil.disk_usage(self.path.parent).free < sqlite.PAGE_BYTES * 16

    def _give_up_reserve(self) -> bool:
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True
