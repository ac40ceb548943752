"""The file behind the ledger: its tables, the form of a value, and how it is opened.

SQLite guards a commit against power cuts; it does not notice a flipped bit. So every value carries a checksum over its
key and itself. ``opening`` makes, upgrades and mends files.
"""

import fcntl
import hashlib
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import (
    Any,
    Literal,
    Required,  # pydantic needs these below Python 3.12
    TypeAlias,
)

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from topicsmith.errors import StorageError
from topicsmith.llm.types import Answer, TokenLogprobs
from topicsmith.records import Usage
from topicsmith.surrogates import without_surrogates

APPLICATION_ID = 0x746F7069  # "topi" in ASCII
VERSION = 3
PAGE_BYTES = 4096

JOBS = "CREATE TABLE jobs (name TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL) STRICT, WITHOUT ROWID"
SCHEMA = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE answers (key BLOB PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL, purse TEXT NOT NULL,
    provider TEXT NOT NULL, model TEXT NOT NULL, day TEXT NOT NULL, logprobs BLOB) STRICT, WITHOUT ROWID""",
    JOBS,
    """CREATE TABLE spent (purse TEXT NOT NULL, origin TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    day TEXT NOT NULL, answers INTEGER NOT NULL, usd REAL NOT NULL, assumed_usd REAL NOT NULL,
    unpriced INTEGER NOT NULL, untold INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    CHECK (min(answers, usd, assumed_usd, unpriced, untold, input_tokens, output_tokens, cached_tokens,
    reasoning_tokens) >= 0 AND max(answers, usd, assumed_usd, unpriced, untold, input_tokens, output_tokens,
    cached_tokens, reasoning_tokens) <= 1e15),
    PRIMARY KEY (purse, origin, provider, model, day)) STRICT, WITHOUT ROWID""",
)
"""Of ``about``: ``id`` names the ledger, ``answers`` is how many it keeps.

``logprobs`` of an answer is JSON, ``NULL`` where none came with it, and is covered by the same ``sum`` as its value.

``spent`` only ever grows, each row by the one file that ``origin`` names: of two states of a row the one with more
answers is the later one, so that ledgers are merged exactly once however often and by whatever way they meet.
"""

KEEP = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
COUNT_KEPT = "UPDATE about SET value = value + ? WHERE name = 'answers'"

MOST_TOKENS = 10**12
MOST_USD = 1e9
LAST_SECOND = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970."""

BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises for a damaged file: messages of its own that quote damaged bytes cannot be decoded."""

Row: TypeAlias = tuple[Any, ...]
"""A row as SQLite gives it; the tables are STRICT, so the types are those of the schema."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One answer paid for: how long it took in seconds, and when it came in seconds since 1970.

    ``provider`` and ``model`` are whom it was asked of; empty where that was not kept.
    """

    answer: Answer
    latency_s: float
    at: float
    provider: str = ""
    model: str = ""

    @property
    def day(self) -> str:
        """The day on which it came, in UTC."""
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()


class _Job(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)  # type: ignore[misc]  # as pydantic asks

    state: Required[Literal["sending", "never sent", "sent", "collected"]]
    provider: str
    account: str
    keys: list[str]
    at: float
    bytes: int
    id: str
    lost: float
    found: bool
    strangers: list[str]


JOB_STATES = ("sending", "never sent", "sent", "collected")
"""What may be known of a job, the latest last."""

_JOB = TypeAdapter(_Job)
_PAID = TypeAdapter(Paid)
_LOGPROBS = TypeAdapter(TokenLogprobs)


def as_kept(paid: Paid) -> Paid:
    """``paid`` as the file holds it: half a surrogate pair becomes U+FFFD, a number that cannot be is unknown."""
    answer, usage = paid.answer, paid.answer.usage
    if not _is_possible(usage):
        counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens)
        taken, written, cached, thought = (count if _within(count, MOST_TOKENS) else None for count in counts)
        usd = usage.cost_usd if _within(usage.cost_usd, MOST_USD) else None
        usage = Usage(taken, written, cached, thought, usd)
    served = None if answer.served_model is None else without_surrogates(answer.served_model)
    said = without_surrogates(answer.text)
    logprobs = answer.logprobs if answer.logprobs and _tells_of(answer.logprobs, said) else None
    clean = Answer(said, answer.finish, usage, served, logprobs)
    latency_s, at = (second if _within(second, LAST_SECOND) else 0.0 for second in (paid.latency_s, paid.at))
    return Paid(clean, latency_s, at, without_surrogates(paid.provider), without_surrogates(paid.model))


def write_value(paid: Paid) -> bytes:
    """The JSON kept for ``paid``, but for its log-probabilities."""
    return _value(as_kept(paid))


def read_value(key: bytes, value: bytes, check: bytes, logprobs: bytes | None = None) -> Paid | None:
    """What was kept; ``None`` when it is not what was written under ``key``, or holds a number that cannot be."""
    if checksum(key, value, logprobs) != check:
        return None
    try:
        paid = _PAID.validate_json(value)
        told = None if logprobs is None else _LOGPROBS.validate_json(logprobs)
    except ValidationError:
        return None
    times = _within(paid.latency_s, LAST_SECOND) and _within(paid.at, LAST_SECOND)
    if not times or not _is_possible(paid.answer.usage) or (told and not _tells_of(told, paid.answer.text)):
        return None
    return paid if told is None else replace(paid, answer=replace(paid.answer, logprobs=told))


def read_job(name: str, value: bytes, check: bytes) -> dict[str, object] | None:
    """What is known of a batch job; ``None`` when it is not what was written under ``name``, or of no form of ours."""
    if checksum(name.encode(), value) != check:
        return None
    try:
        job: dict[str, object] = dict(_JOB.validate_json(value))
    except ValidationError:
        return None
    return job


def answer_row(key: bytes, paid: Paid, account: str) -> Row:
    """The row of ``answers`` that keeps ``paid``, which is as :func:`as_kept` gives it."""
    value = _value(paid)
    logprobs = None if paid.answer.logprobs is None else orjson.dumps(paid.answer.logprobs)
    return (key, value, checksum(key, value, logprobs), account, paid.provider, paid.model, paid.day, logprobs)


def _value(paid: Paid) -> bytes:
    if paid.answer.logprobs is not None:
        paid = replace(paid, answer=replace(paid.answer, logprobs=None))
    return orjson.dumps(paid)


def _tells_of(logprobs: TokenLogprobs, text: str) -> bool:
    """Whether the tokens are those of ``text``, each with a log-probability."""
    lengths, values = logprobs.lengths, logprobs.logprobs
    whole = sum(lengths) == len(text.encode("utf-8", "replace")) and len(lengths) == len(values)
    return whole and all(length > 0 for length in lengths) and all(-math.inf < value <= 0 for value in values)


def _is_possible(usage: Usage) -> bool:
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens)
    return all(_within(count, MOST_TOKENS) for count in counts) and _within(usage.cost_usd, MOST_USD)


def _within(value: float | None, most: float) -> bool:
    return value is None or 0 <= value <= most  # not a number is not within anything


def checksum(key: bytes, value: bytes, logprobs: bytes | None = None) -> bytes:
    """Eight bytes that a damaged or misplaced value, or one with other log-probabilities, does not have."""
    more = b"" if logprobs is None else b"\0" + logprobs
    return hashlib.blake2b(key + value + more, digest_size=8, person=b"topicsmith1").digest()


_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


def connect(path: Path) -> sqlite3.Connection:
    """Open the file so that a commit is on the disk when it returns, shared with other processes.

    Raises:
        StorageError: when that cannot be done.
    """
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        database.text_factory = _text
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    return database


@contextmanager
def alone(folder: Path) -> Iterator[None]:
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


def storage_error(path: Path, error: Exception) -> StorageError:
    """The error that says what SQLite met, and the cure."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    cure = "make it and its folder writable" if code in _FORBIDDEN else "free space or repair the disk"
    return StorageError(f"{path}: cannot be used: {error}; {cure}, and run again")


def inspect(path: Path) -> sqlite3.Connection:
    """Open the file as it is, to look at it or to mend it.

    Raises:
        StorageError: when that cannot be done.
    """
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None)
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    database.text_factory = _text
    return database


def _text(data: bytes) -> str:
    """A text of the file; one with flipped bits is a text that is not what was written, and no error for all rows."""
    return data.decode("utf-8", "replace")


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that is done in the block, or nothing of it; a kill in between leaves nothing.

    Raises:
        sqlite3.Error: as SQLite does.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            database.execute("ROLLBACK")
        raise


def create(database: sqlite3.Connection) -> None:
    """Make the tables of this version in a new file."""
    database.execute("PRAGMA journal_mode = WAL")
    with transaction(database):
        if not database.execute("SELECT 1 FROM sqlite_master").fetchall():  # another process may have been quicker
            for statement in SCHEMA:
                database.execute(statement)
            introduce(database, 0)
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {VERSION}")


def introduce(database: sqlite3.Connection, answers: int) -> None:
    """Give the ledger a name of its own, and note how many answers it keeps."""
    database.executemany("INSERT INTO about VALUES (?, ?)", [("id", os.urandom(8).hex()), ("answers", answers)])
