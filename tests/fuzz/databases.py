"""Mutations of a ledger: flipped bits, other tables and versions, values out of range under a right checksum."""

import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from hypothesis import strategies as st

from topicsmith.llm.ledger.sqlite import checksum

STATEMENTS = [
    "DROP TABLE about",
    "DROP TABLE spent",
    "DROP TABLE jobs",
    "DROP TABLE answers",
    "DELETE FROM about",
    "DELETE FROM answers",
    "CREATE TABLE other (x)",
    "CREATE VIEW other AS SELECT * FROM spent",
    "CREATE TRIGGER other AFTER INSERT ON answers BEGIN DELETE FROM answers; END",
    "CREATE INDEX other ON answers (day)",
    "ALTER TABLE answers ADD COLUMN more TEXT",
    "ALTER TABLE answers DROP COLUMN logprobs",
    "ALTER TABLE spent RENAME COLUMN usd TO eur",
    "PRAGMA user_version = 1",
    "PRAGMA user_version = 2",
    "PRAGMA user_version = 99",
    "PRAGMA user_version = -1",
    "PRAGMA application_id = 7",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA auto_vacuum = FULL",
]
VALUES: list[object] = [
    None, 0, -1, 2**62, 1e300, -1e300, float("inf"), "", "x", "a\x00b", "\u202e", "day", "9999-99-99", "long " * 20_000,
    b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 3000,
    b'{"state": "sent"}', b'{"state": ["sent"], "id": {}}', b'{"id": NaN}',
]  # fmt: skip
COLUMNS = {
    "about": ("name", "value"),
    "answers": ("key", "value", "purse", "provider", "model", "day", "logprobs"),
    "jobs": ("name", "value"),
    "spent": (
        "purse", "origin", "provider", "model", "day", "answers", "usd", "assumed_usd", "unpriced", "untold",
        "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
    ),
}  # fmt: skip


def mutated_database(draw: st.DrawFn, data: bytes) -> bytes:
    """The ledger ``data`` with flipped bits, or changed as SQL changes it."""
    if draw(st.booleans()):
        return _flipped(draw, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        path.write_bytes(data)
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for _ in range(draw(st.integers(1, 3))):
                change = _statement if draw(st.booleans()) else _value
                with suppress(sqlite3.Error):
                    change(draw, database)
            with suppress(sqlite3.Error):
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def _flipped(draw: st.DrawFn, data: bytes) -> bytes:
    own = bytearray(data)
    first = draw(st.booleans())  # the header and the schema are a small part, and the more telling one
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(own), 600 if first else len(own)) - 1))
        own[at] ^= 1 << draw(st.integers(0, 7))
    return bytes(own[: draw(st.sampled_from([len(own)] * 20 + [len(own) // 2, 100, 4096]))])


def _statement(draw: st.DrawFn, database: sqlite3.Connection) -> None:
    database.execute(draw(st.sampled_from(STATEMENTS)))


def _value(draw: st.DrawFn, database: sqlite3.Connection) -> None:
    table = draw(st.sampled_from(sorted(COLUMNS)))
    column = draw(st.sampled_from(COLUMNS[table]))
    value = draw(st.sampled_from(VALUES))
    if draw(st.booleans()):  # what the tables refuse, a file made by others may hold
        database.execute("PRAGMA ignore_check_constraints = ON")
    database.execute(f"UPDATE {table} SET {column} = ?", (value,))
    for name, key in (("answers", "key"), ("jobs", "CAST(name AS BLOB)")):
        more = ", logprobs" if name == "answers" else ""
        for row in database.execute(f"SELECT {key}, value{more} FROM {name}").fetchall():
            if all(part is None or isinstance(part, bytes) for part in row):
                database.execute(f"UPDATE {name} SET sum = ? WHERE {key} = ?", (checksum(*row), row[0]))
