"""Earlier versions of the file, and how they become this one.

Version 1 kept neither provider, model nor day. What its answers say of themselves (the day, tokens, cost) is counted
where it belongs; what is left of its sums, such as answers that were paid for twice, has no day. Version 2 kept no
log-probabilities. All in one transaction: killed at any moment, the file is of the one version or the other.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, replace

from topicsmith.llm.ledger.spending import COUNT, Spending, spending_of
from topicsmith.llm.ledger.sqlite import JOBS, KEEP, MOST_USD, SCHEMA, VERSION, Row, introduce, read_value, transaction

SCHEMA_1 = (
    """CREATE TABLE answers (key BLOB PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL, purse TEXT NOT NULL,
    paid INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE spent (purse TEXT PRIMARY KEY, answers INTEGER NOT NULL, usd REAL NOT NULL,
    unpriced INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    JOBS,
)
_LOGPROBS = ", logprobs BLOB"
SCHEMA_2 = tuple(statement.replace(_LOGPROBS, "") for statement in SCHEMA)
SCHEMAS = {1: SCHEMA_1, 2: SCHEMA_2, VERSION: SCHEMA}
"""The tables of each version that can be read."""

SMALL_USD = 1e-9
"""Less than this is what adding up floats in another order makes."""

MOST_ANSWERS = 10**12


def upgrade(database: sqlite3.Connection) -> None:
    """Upgrade a file of an earlier version in place.

    Raises:
        sqlite3.Error: when the disk is full or failing; the file is then as it was.
    """
    with transaction(database):
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in {1, 2}:
            return  # another process was quicker
        if version == 1:
            _upgrade_first(database)
        else:
            database.execute(f"ALTER TABLE answers ADD COLUMN {_LOGPROBS.removeprefix(', ')}")
        database.execute(f"PRAGMA user_version = {VERSION}")


def _upgrade_first(database: sqlite3.Connection) -> None:
    for name in ("answers", "spent"):
        database.execute(f"ALTER TABLE {name} RENAME TO {name}_1")
    for statement in SCHEMA:
        if statement != JOBS:
            database.execute(statement)
    known = _Known()
    rows = (known.add(row) for row in database.execute("SELECT * FROM answers_1"))
    kept = max(0, database.executemany(KEEP, rows).rowcount)
    origin = known.origin()
    left = _left(list(database.execute("SELECT * FROM spent_1")), known.sums)
    counted = [entry.row(origin) for entry in (*known.sums.values(), *left)]
    database.executemany(COUNT, counted)
    introduce(database, kept)
    for name in ("answers", "spent"):
        database.execute(f"DROP TABLE {name}_1")


class _Known:
    """What the answers themselves say, added up by account and day."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str], Spending] = {}
        self._first: tuple[float, bytes] = (float("inf"), b"")

    def add(self, row: Row) -> Row:
        """Count an answer; gives its row in this version."""
        key, value, check, purse, _ = row
        account = account_of(purse)
        paid = read_value(key, value, check)
        if paid is None:
            return (key, value, check, account, "", "", "", None)
        entry = spending_of(account, paid)
        before = self.sums.get((account, paid.day))
        self.sums[account, paid.day] = entry if before is None else _plus(before, entry)
        self._first = min(self._first, (paid.at, key))
        return (key, value, check, account, "", "", paid.day, None)

    def origin(self) -> str:
        """A name that copies of one file share, and keep while it grows: by the first answer in it."""
        return "1-" + hashlib.blake2b(self._first[1], digest_size=8, person=b"topicsmith1").hexdigest()


def account_of(purse: str) -> str:
    """The account that stands for a purse of version 1.

    >>> account_of("labeling"), account_of("candidate glm-air")
    ('labeling', 'candidate:glm-air')
    """
    return f"candidate:{purse.removeprefix('candidate ')}" if purse.startswith("candidate ") else purse


def _plus(first: Spending, second: Spending) -> Spending:
    sums = [one + other for one, other in zip(astuple(first)[4:], astuple(second)[4:], strict=True)]
    return Spending(first.account, first.provider, first.model, first.day, *sums)


def _left(rows: list[Row], sums: dict[tuple[str, str], Spending]) -> Iterator[Spending]:
    """What was spent by each purse beyond what its answers say of themselves."""
    nothing = Spending("", "", "", "", 0, 0.0, 0.0, 0, 0, 0, 0, 0, 0)
    for purse, answers, usd, unpriced in rows:
        account = account_of(purse)
        mine = [entry for (name, _), entry in sums.items() if name == account]
        more = min(max(0, answers - sum(entry.answers for entry in mine)), MOST_ANSWERS)
        dollars = usd - sum(entry.usd for entry in mine)
        dollars = dollars if SMALL_USD < dollars <= MOST_USD else 0.0
        unknown = min(max(0, unpriced - sum(entry.unpriced for entry in mine)), more)
        assumed = 0.0 if more else dollars  # for answers that are known and have no price
        if more or dollars:
            yield replace(
                nothing, account=account, answers=more, usd=dollars - assumed, assumed_usd=assumed, unpriced=unknown,
                untold=more,
            )  # fmt: skip
