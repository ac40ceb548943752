"""The file behind the ledger: its tables, the form of a value, and what to do when the file is damaged or foreign.

SQLite guards a commit against power cuts; it does not notice a flipped bit. So every value carries a checksum over its
key and itself, and a file whose structure is broken is read page by page into a new one; the old one is kept beside it.
"""

import fcntl
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from pydantic import TypeAdapter, ValidationError

from topicsmith.atomic_files import sync_folder
from topicsmith.errors import RunStateError, StorageError
from topicsmith.llm.types import Answer

APPLICATION_ID = 0x746F7069  # "topi" in ASCII
VERSION = 1
PAGE_BYTES = 4096

SCHEMA = (
    """CREATE TABLE answers (key BLOB PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL, purse TEXT NOT NULL,
    paid INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE spent (purse TEXT PRIMARY KEY, answers INTEGER NOT NULL, usd REAL NOT NULL,
    unpriced INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE TABLE jobs (name TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL) STRICT, WITHOUT ROWID",
)
COUNT_SPENT = (
    "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET answers = answers + excluded.answers,"
    " usd = usd + excluded.usd, unpriced = unpriced + excluded.unpriced"
)

Row: TypeAlias = tuple[Any, ...]
"""A row as SQLite gives it; the tables are STRICT, so the types are those of the schema."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One answer paid for: how long it took in seconds, and when it came in seconds since 1970."""

    answer: Answer
    latency_s: float
    at: float


_PAID = TypeAdapter(Paid)


def write_value(paid: Paid) -> bytes:
    """The JSON kept for ``paid``; a lone surrogate in the text becomes U+FFFD."""
    try:
        return orjson.dumps(paid)
    except orjson.JSONEncodeError:
        clean = re.sub("[\ud800-\udfff]", "\ufffd", paid.answer.text)
        answer = Answer(clean, paid.answer.finish, paid.answer.usage, paid.answer.served_model)
        return orjson.dumps(Paid(answer, paid.latency_s, paid.at))


def read_value(key: bytes, value: bytes, check: bytes) -> Paid | None:
    """What was kept, or ``None`` when it is not what was written under ``key``."""
    if checksum(key, value) != check:
        return None
    try:
        return _PAID.validate_json(value)
    except ValidationError:
        return None


def checksum(key: bytes, value: bytes) -> bytes:
    """Eight bytes that a damaged or misplaced value does not have."""
    return hashlib.blake2b(key + value, digest_size=8, person=b"topicsmith1").digest()


def connect(path: Path) -> sqlite3.Connection:
    """Open the file so that a commit is on the disk when it returns, shared with other processes.

    Raises:
        StorageError: when that cannot be done.
    """
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    return database


def prepare(path: Path) -> int:
    """Make sure a whole ledger of this version lies at ``path``; gives how many answers a damaged one lost.

    Raises:
        RunStateError: when the file is no ledger, or one of a later version.
        StorageError: when the disk is full or failing.
    """
    lost = 0
    with _alone(path.parent):
        with closing(_inspect(path)) as database:
            whole = _is_whole(database)
            if whole:
                _check_kind(database, path)
        if not whole:
            lost = _salvage(path)
        sync_folder(path.parent)
    return lost


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one thread of one process at a time make or mend a ledger in ``folder``.

    SQLite does not wait for a lock when it turns a new file to write-ahead logging, and a file half made by another
    would look foreign.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def storage_error(path: Path, error: sqlite3.Error) -> StorageError:
    """The error that says what SQLite met, and the cure."""
    return StorageError(f"{path}: cannot be used: {error}; free space or repair the disk, and run again")


def _inspect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, timeout=60, isolation_level=None)
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def _is_whole(database: sqlite3.Connection) -> bool:
    try:
        return database.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return False
        raise


def _check_kind(database: sqlite3.Connection, path: Path) -> None:
    kind = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    found = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
    if not found and kind == 0 and version == 0:
        _create(database)
    elif kind != APPLICATION_ID:
        raise RunStateError(f"{path}: not a ledger of topicsmith; move it away and run again")
    elif version != VERSION:
        raise RunStateError(
            f"{path}: a ledger of version {version}, this topicsmith reads version {VERSION}: "
            "use the topicsmith that wrote it, or move it away and pay again"
        )
    elif found != sorted(SCHEMA, key=lambda sql: sql.split()[2]):
        raise RunStateError(f"{path}: a ledger with foreign tables; move it away and run again")


def _create(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("BEGIN IMMEDIATE")
    if not database.execute("SELECT 1 FROM sqlite_master").fetchall():  # another process may have been quicker
        for statement in SCHEMA:
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def _salvage(path: Path) -> int:
    """Move the damaged file aside and keep what still reads of it; gives how many answers paid for are lost."""
    aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"{path.name}.damaged-{n}")).exists())
    fresh = path.with_name(f"{path.name}.salvaged")
    fresh.unlink(missing_ok=True)
    with closing(_inspect(path)) as old, closing(_inspect(fresh)) as new:
        if not _has_our_tables(old):
            raise RunStateError(f"{path}: not a ledger, or damaged beyond repair; move it away and run again")
        _create(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, to be renamed
        new.execute("BEGIN")
        kept = 0
        for key, value, check, purse, paid in _readable(old, "answers", "key"):
            if read_value(key, value, check) is not None:
                new.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", (key, value, check, purse, paid))
                kept += paid
        counted = 0
        for row in _readable(old, "spent", "purse"):
            new.execute(COUNT_SPENT, row)
            counted += row[1]
        for row in _readable(old, "jobs", "name"):
            new.execute("INSERT OR IGNORE INTO jobs VALUES (?, ?, ?)", row)
        new.execute("COMMIT")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH105  # keeps the old file whole
    os.replace(fresh, path)  # noqa: PTH105  # atomic on one file system
    return max(counted - kept, 1)


def _has_our_tables(database: sqlite3.Connection) -> bool:
    try:
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError:
        return False
    return {"answers", "spent", "jobs"} <= names


def _readable(database: sqlite3.Connection, table: str, column: str) -> Iterator[Row]:
    """The rows that can be read, walking from both ends of 256 ranges so that one bad page hides few of them."""
    seen: set[object] = set()
    edges: list[bytes | str] = [bytes([first]) for first in range(256)] if table == "answers" else [""]
    for number, low in enumerate(edges):
        below = f" AND {column} < ?" if number + 1 < len(edges) else ""
        limits = (low, edges[number + 1]) if below else (low,)
        for order in ("ASC", "DESC"):
            query = f"SELECT * FROM {table} WHERE {column} >= ?{below} ORDER BY {column} {order}"  # noqa: S608  # our names
            with suppress(sqlite3.DatabaseError):  # the page that cannot be read
                for row in database.execute(query, limits):
                    if row[0] not in seen:
                        seen.add(row[0])
                        yield row
