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
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from topicsmith.atomic_files import write_bytes
from topicsmith.disk_errors import disk_errors
from topicsmith.errors import StorageError
from topicsmith.llm.ledger import sqlite
from topicsmith.llm.ledger.opening import prepare
from topicsmith.llm.ledger.spending import COUNT, READ, Spending, assumed, spending_of, whose
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
        path: where it lies.
        damaged: entries met whose checksum, shape or numbers were wrong; they count as absent.
        writer: the connection that changes it, for use within a ``transaction``.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the ledger at ``path``; a damaged one is saved from what still reads in it.

        Raises:
            RunStateError: when the file is of another kind or of a later version.
            StorageError: when it cannot be opened, or the disk is full.
        """
        self.path = path
        self._reserve = path.with_name(path.name + ".reserve")
        with disk_errors(path):
            if not self._reserve.exists():
                write_bytes(self._reserve, bytes(RESERVE_BYTES))
            self.damaged = prepare(path)
            self._reader = sqlite.connect(path)
            self.writer = sqlite.connect(path)
            self._origin = self._name_of_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was saved stays."""
        self._reader.close()
        self.writer.close()

    def find(self, keys: Sequence[bytes]) -> dict[bytes, Paid]:
        """The answers kept under ``keys``, where there are any."""
        found: dict[bytes, Paid] = {}
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, value, sum, logprobs FROM answers WHERE key IN ({marks})"  # noqa: S608  # only question marks
            for row in self._run(self._reader, query, part):
                paid = sqlite.read_value(*row)
                if paid is None:
                    self.damaged += 1
                else:
                    found[row[0]] = paid
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
        """What was paid so far towards ``account`` and those of the same owner for other purposes, by every process."""
        query = (
            "SELECT sum(answers), sum(usd + assumed_usd), sum(unpriced) FROM spent "
            "WHERE substr(purse, instr(purse, ':') + 1) = ?"
        )
        [(answers, usd, unpriced)] = self._run(self._reader, query, (whose(account),))
        return Spent() if answers is None else Spent(answers, usd, unpriced)

    def spending(self) -> tuple[Spending, ...]:
        """All that was ever paid, by day, account and model."""
        return tuple(Spending(*row) for row in self._run(self._reader, READ, ()))

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[sqlite.Row]:
        """The rows of a query over the tables of ``sqlite.SCHEMA``, one by one.

        Raises:
            StorageError: when the disk is failing.
        """
        try:
            yield from self._reader.execute(query, tuple(values))
        except sqlite.BROKEN as error:
            raise sqlite.storage_error(self.path, error) from error

    def count(self) -> int:
        """How many different answers are kept."""
        return int(self._run(self._reader, "SELECT count(*) FROM answers", ())[0][0])

    def save_job(self, name: str, value: Mapping[str, object]) -> None:
        """Keep what is known of a batch job, durably, in place of what was known."""
        data = orjson.dumps(value)
        query = "INSERT INTO jobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, sum = excluded.sum"
        self._run(self.writer, query, (name, data, sqlite.checksum(name.encode(), data)))

    def jobs(self) -> dict[str, dict[str, object]]:
        """The batch jobs known, by name."""
        found = {}
        for name, value, check in self._run(self._reader, "SELECT name, value, sum FROM jobs ORDER BY name", ()):
            job = sqlite.read_job(name, value, check)
            if job is None:
                self.damaged += 1
            else:
                found[name] = job
        return found

    def _run(self, database: sqlite3.Connection, query: str, values: Sequence[object]) -> list[sqlite.Row]:
        try:
            return database.execute(query, tuple(values)).fetchall()
        except sqlite.BROKEN as error:
            raise sqlite.storage_error(self.path, error) from error

    def _save(self, account: str, entries: Sequence[tuple[bytes, Paid]], assumed_usd: float) -> None:
        kept_as = [(key, sqlite.as_kept(paid)) for key, paid in entries]
        rows = [sqlite.answer_row(key, paid, account) for key, paid in kept_as]
        spent = [spending_of(account, paid) for _, paid in kept_as]
        if assumed_usd:
            of = next((paid for _, paid in kept_as if paid.answer.usage.cost_usd is None), kept_as[0][1])
            spent.append(assumed(account, of, assumed_usd))
        with sqlite.transaction(self.writer):
            kept = -self._drop_unreadable([row[0] for row in rows])
            kept += max(0, self.writer.executemany(sqlite.KEEP, rows).rowcount)
            self.writer.executemany(COUNT, [entry.row(self._origin) for entry in spent])
            self.writer.execute(sqlite.COUNT_KEPT, (kept,))

    def _drop_unreadable(self, keys: Sequence[bytes]) -> int:
        """Make room for answers in place of those that cannot be read; gives of how many."""
        dropped = 0
        for key in keys if self.damaged else ():
            row = self.writer.execute("SELECT key, value, sum, logprobs FROM answers WHERE key = ?", (key,)).fetchone()
            if row is not None and sqlite.read_value(*row) is None:
                dropped += self.writer.execute("DELETE FROM answers WHERE key = ?", (key,)).rowcount
        return dropped

    def _name_of_file(self) -> str:
        """The name of this very file, under which its own spending is counted: a copy of it has another one."""
        found = self._run(self._reader, "SELECT value FROM about WHERE name = 'id'", ())
        status = self.path.stat()
        place = f"{socket.gethostname()} {status.st_dev} {status.st_ino}".encode()
        return f"{found[0][0] if found else ''}-{hashlib.blake2b(place, digest_size=4).hexdigest()}"

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
