"""One ledger taken into another: every answer, every job, and what was spent, exactly once however often it is done.

The other file is copied and only the copy is opened for writing, so that it may be in use, of an earlier version,
damaged, or on a disk that cannot be written. All changes are one transaction.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from topicsmith.atomic_files import sync_folder
from topicsmith.disk_errors import cannot_be
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.llm.ledger import sqlite
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.opening import prepare
from topicsmith.llm.ledger.sqlite import JOB_STATES, Row

_TAKE_SPENT = (
    "INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "answers = excluded.answers, usd = excluded.usd, assumed_usd = excluded.assumed_usd, unpriced = excluded.unpriced, "
    "untold = excluded.untold, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, "
    "cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens "
    "WHERE (excluded.answers, excluded.usd + excluded.assumed_usd) > (answers, usd + assumed_usd)"
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge: answers that were new, dollars (assumed ones included) and jobs not counted before.

    ``lost`` answers of the other ledger were damaged.
    """

    answers: int
    usd: float
    jobs: int
    lost: int


def merge(path: Path, other: Path, run: str | None = None) -> Merged:
    """Take the ledger ``other`` into the one at ``path``; ``other`` stays as it is.

    ``run`` is the run that ``other`` belonged to alone: accounts of earlier versions, which name no run, become its.

    Raises:
        ProjectError: when both are the same file.
        RunStateError: when ``other`` does not exist or is no ledger.
        StorageError: when the disk is full or failing; the ledger is then as it was.
    """
    if not other.is_file():
        raise RunStateError(f"{other}: does not exist; name the ledger to merge, a file such as ledger.sqlite")
    if path.exists() and path.samefile(other):
        raise ProjectError(f"{other}: is this project's own ledger; name another one to merge")
    with TemporaryDirectory(prefix="topicsmith-merge-") as folder:
        copy = Path(folder) / "ledger.sqlite"
        _copy(other, copy)
        lost = prepare(copy, other)
        try:
            with closing(sqlite.connect(copy)) as source, Ledger(path) as target:
                return _take(source, target, run, lost)
        except sqlite.BROKEN as error:
            raise sqlite.storage_error(path, error) from error


def _take(source: sqlite3.Connection, target: Ledger, run: str | None, lost: int) -> Merged:
    damaged = 0

    def answers() -> Iterator[Row]:
        nonlocal damaged
        for key, value, check, purse, *asked, logprobs in source.execute("SELECT * FROM answers"):
            if sqlite.read_value(key, value, check, logprobs) is None:
                damaged += 1
            else:
                yield (key, value, check, account_in_run(purse, run), *asked, logprobs)

    database = target.writer
    with sqlite.transaction(database):
        kept = max(0, database.executemany(sqlite.KEEP, answers()).rowcount)
        database.execute(sqlite.COUNT_KEPT, (kept,))
        before = _usd(database)
        spent = source.execute("SELECT * FROM spent")
        database.executemany(_TAKE_SPENT, ((account_in_run(purse, run), *rest) for purse, *rest in spent))
        usd = _usd(database) - before
        jobs = sum(_take_job(database, *row) for row in source.execute("SELECT * FROM jobs ORDER BY name"))
    return Merged(kept, usd, jobs, lost + damaged)


def account_in_run(account: str, run: str | None) -> str:
    """The account that an account of a ledger that was the run's alone becomes.

    >>> account_in_run("labeling", "march"), account_in_run("candidate:glm-air", "march")
    ('labeling:march', 'candidate:march/glm-air')
    >>> account_in_run("bench:march/glm-air", "march"), account_in_run("labeling", None)
    ('bench:march/glm-air', 'labeling')
    """
    purpose, _, whose = account.partition(":")
    if run is None or (whose and (purpose != "candidate" or "/" in whose)):
        return account
    return f"{purpose}:{run}/{whose}" if whose else f"{purpose}:{run}"


def _usd(database: sqlite3.Connection) -> float:
    return float(database.execute("SELECT coalesce(sum(usd + assumed_usd), 0) FROM spent").fetchone()[0])


def _take_job(database: sqlite3.Connection, name: str, value: bytes, check: bytes) -> int:
    """Keep a job unless as much is known of it; gives 1 when something is new.

    Two ledgers may have jobs of the same name: another id is another job, which gets a name of its own.
    """
    job = sqlite.read_job(name, value, check)
    if job is None:
        return 0
    known = _job(database, name)
    if known is not None and known.get("id") != job.get("id") and "id" in job:
        name = f"{name}-{sqlite.checksum(b'', str(job['id']).encode()).hex()}"
        known = _job(database, name)
    if known is not None and JOB_STATES.index(known["state"]) >= JOB_STATES.index(job["state"]):
        return 0
    row = (name, value, sqlite.checksum(name.encode(), value))
    database.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", row)
    return 1


def _job(database: sqlite3.Connection, name: str) -> dict[str, object] | None:
    found = database.execute("SELECT name, value, sum FROM jobs WHERE name = ?", (name,)).fetchone()
    return None if found is None else sqlite.read_job(*found)


def _copy(other: Path, copy: Path) -> None:
    """Copy a ledger as it is at one moment, also while it is in use; one that SQLite cannot read, byte by byte."""
    try:
        with (
            closing(sqlite3.connect(f"{other.resolve().as_uri()}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite.BROKEN:
        try:
            for suffix in ("", "-wal"):
                if (part := other.with_name(other.name + suffix)).exists():
                    shutil.copyfile(part, copy.with_name(copy.name + suffix))
        except OSError as error:
            raise cannot_be("copied", other, error) from error


def take_over(own: Path, ledger: Path, run: str) -> None:
    """Take the ledger that ``run`` had alone, at ``own``, into the project's, and rename it aside.

    Safe to be killed at any moment and to be called by several processes: merging twice adds nothing. A file that an
    earlier version still has open is merged and stays, to be merged again.

    Raises:
        RunStateError: when it is no ledger.
        StorageError: when the disk is full or failing.
    """
    if own == ledger or not own.is_file():
        return
    with sqlite.alone(own.parent):
        if own.is_file():  # another process may have been quicker
            merge(ledger, own, run)
            _set_aside(own)


def _set_aside(own: Path) -> None:
    with suppress(*sqlite.BROKEN), closing(sqlite3.connect(own, timeout=1, isolation_level=None)) as database:
        try:
            if database.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal":
                return  # somebody has it open
        except sqlite3.OperationalError:
            return
    names = (f"{own.name}.merged{number}" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
    aside = next(path for name in names if not (path := own.with_name(name)).exists())
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{own}{suffix}", f"{aside}{suffix}")  # noqa: PTH105  # atomic on one file system
    own.with_name(f"{own.name}.reserve").unlink(missing_ok=True)
    sync_folder(own.parent)
