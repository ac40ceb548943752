"""Making sure that a whole ledger of this version lies at a place: made, upgraded or mended; others are refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

from topicsmith.atomic_files import sync_folder
from topicsmith.errors import RunStateError
from topicsmith.llm.ledger.salvage import salvage
from topicsmith.llm.ledger.sqlite import APPLICATION_ID, BROKEN, VERSION, alone, create, inspect, storage_error
from topicsmith.llm.ledger.upgrade import SCHEMAS, upgrade

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""What a damaged file makes of a query that has no mistake; the last for a format that there is none of."""


def prepare(path: Path, named: Path | None = None) -> int:
    """Make sure a whole ledger of this version lies at ``path``; gives how many answers a damaged one lost.

    One of an earlier version is upgraded in place, in one transaction. Errors speak of ``named``, where ``path`` is a
    copy of that.

    Raises:
        RunStateError: when the file is no ledger, or one of a later version.
        StorageError: when the disk is full or failing.
    """
    shown = named or path
    lost = 0
    try:
        with alone(path.parent):
            with closing(inspect(path)) as database:
                whole = _is_whole(database)
                if whole:
                    _check_kind(database, shown)
            if not whole:
                lost = salvage(path, shown)
                with closing(inspect(path)) as database:
                    _check_kind(database, shown)
            sync_folder(path.parent)
    except BROKEN as error:
        raise storage_error(shown, error) from error
    return lost


def _is_whole(database: sqlite3.Connection) -> bool:
    try:
        return database.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except UnicodeDecodeError:
        return False
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGED:
            return False
        raise


def _check_kind(database: sqlite3.Connection, shown: Path) -> None:
    kind = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    found = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
    if not found and kind == 0 and version == 0:
        create(database)
    elif kind != APPLICATION_ID and found != _tables(VERSION):
        raise RunStateError(f"{shown}: not a ledger of topicsmith; move it away and run again")
    elif version not in SCHEMAS:
        raise RunStateError(
            f"{shown}: a ledger of version {version}, this topicsmith reads versions up to {VERSION}: "
            "use the topicsmith that wrote it, or move it away and pay again"
        )
    elif found != _tables(version):
        raise RunStateError(f"{shown}: a ledger with foreign tables; move it away and run again")
    elif version != VERSION:
        upgrade(database)
    elif kind != APPLICATION_ID:  # a flipped bit: nobody else has our tables to the letter
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _tables(version: int) -> list[str]:
    return sorted(SCHEMAS[version], key=lambda sql: sql.split()[2])
