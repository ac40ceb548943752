"""A file whose structure is broken is read page by page into a new one of the same version; the old one is kept."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from topicsmith.errors import RunStateError
from topicsmith.llm.ledger.sqlite import (
    APPLICATION_ID,
    BROKEN,
    PAGE_BYTES,
    VERSION,
    Row,
    inspect,
    introduce,
    read_value,
)
from topicsmith.llm.ledger.upgrade import SCHEMAS

_KEYS = {"about": 1, "answers": 1, "jobs": 1, "spent": 5}
"""How many of a table's first columns name a row."""

_HEADER = (
    (0, b"SQLite format 3\0" + PAGE_BYTES.to_bytes(2, "big") + bytes((2, 2, 0, 64, 32, 32))),
    (44, (4).to_bytes(4, "big")),
    (56, (1).to_bytes(4, "big")),
)
"""Where which bytes stand at the beginning of every file of ours: page size, write-ahead log, format, UTF-8."""
_PAGES_AT = 28


def salvage(path: Path, shown: Path) -> int:
    """Move the damaged file aside and keep what still reads of it; gives how many answers paid for are lost.

    Raises:
        RunStateError: when nothing of a ledger can be read; ``shown`` is what the error calls the file.
    """
    aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"{path.name}.damaged-{n}")).exists())
    fresh = path.with_name(f"{path.name}.salvaged")
    fresh.unlink(missing_ok=True)
    with _legible(path) as source, closing(inspect(source)) as old, closing(inspect(fresh)) as new:
        version = _version(old)
        if version == 0:
            raise RunStateError(f"{shown}: not a ledger, or damaged beyond repair; move it away and run again")
        new.execute("BEGIN")
        for statement in SCHEMAS[version]:
            new.execute(statement)
        new.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        new.execute(f"PRAGMA user_version = {version}")
        lost = _copy_first(old, new) if version == 1 else _copy(old, new)
        new.execute("COMMIT")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH105  # keeps the old file whole
    os.replace(fresh, path)  # noqa: PTH105  # atomic on one file system
    return max(lost, 1)


@contextmanager
def _legible(path: Path) -> Iterator[Path]:
    """The file, or where nothing of it can be read, a copy with a header as ours have it: mostly numbers we know."""
    with closing(inspect(path)) as database:
        version = _version(database)
    size = path.stat().st_size
    if version or size < PAGE_BYTES:
        yield path
        return
    copy = path.with_name(f"{path.name}.legible")
    try:
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with copy.open("r+b") as file:
            for place, known in _HEADER:
                file.seek(place)
                file.write(known)
            file.seek(_PAGES_AT)
            file.write((size // PAGE_BYTES).to_bytes(4, "big"))
        yield copy
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection) -> int:
    about: dict[str, object] = {"id": "", "answers": 0, **dict(_readable(old, "about", "name"))}
    kept = _copy_answers(old, new)
    for table, column in (("spent", "purse"), ("jobs", "name")):
        _insert(new, table, _readable(old, table, column))
    introduce(new, kept)
    if about["id"]:
        new.execute("UPDATE about SET value = ? WHERE name = 'id'", (about["id"],))
    expected = about["answers"]
    return expected - kept if isinstance(expected, int) else 0


def _copy_first(old: sqlite3.Connection, new: sqlite3.Connection) -> int:
    """The same for version 1, which counted answers where it counted money."""
    _copy_answers(old, new)
    for table, column in (("spent", "purse"), ("jobs", "name")):
        _insert(new, table, _readable(old, table, column))
    [(counted,)] = new.execute("SELECT coalesce(sum(answers), 0) FROM spent")
    [(kept,)] = new.execute("SELECT coalesce(sum(paid), 0) FROM answers")
    return int(counted) - int(kept)


def _copy_answers(old: sqlite3.Connection, new: sqlite3.Connection) -> int:
    rows = (row for row in _readable(old, "answers", "key") if read_value(*row[:3], *row[7:]) is not None)
    return _insert(new, "answers", rows)


def _insert(new: sqlite3.Connection, table: str, rows: Iterator[Row]) -> int:
    count = 0
    for row in rows:
        marks = ",".join("?" * len(row))
        count += new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row).rowcount  # noqa: S608  # our names
    return count


def _version(database: sqlite3.Connection) -> int:
    """Which version the tables are of; 0 when they are not ours."""
    try:
        tables = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    except BROKEN:
        return 0
    if not {"answers", "spent", "jobs"} <= tables.keys():
        return 0
    if "about" not in tables:
        return 1
    return VERSION if "logprobs" in tables["answers"] else 2


def _readable(database: sqlite3.Connection, table: str, column: str) -> Iterator[Row]:
    """The rows that can be read, walking from both ends of 256 ranges so that one bad page hides few of them."""
    seen: set[object] = set()
    edges: list[bytes | str] = [bytes([first]) for first in range(256)] if table == "answers" else [""]
    for number, low in enumerate(edges):
        below = f" AND {column} < ?" if number + 1 < len(edges) else ""
        limits = (low, edges[number + 1]) if below else (low,)
        for order in ("ASC", "DESC"):
            query = f"SELECT * FROM {table} WHERE {column} >= ?{below} ORDER BY {column} {order}"  # noqa: S608  # our names
            with suppress(*BROKEN):  # the page that cannot be read
                for row in database.execute(query, limits):
                    name = row[: _KEYS[table]]
                    if name not in seen:
                        seen.add(name)
                        yield row
