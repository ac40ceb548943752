"""Ledgers with something in them, of this version and of the first."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import APPLICATION_ID, Paid, checksum, write_value
from topicsmith.llm.ledger.upgrade import SCHEMA_1
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage

NOON = 1_700_049_600.0
"""2023-11-15, 12:00 UTC."""

DAY = 86_400.0


def key(number: int) -> bytes:
    """The key of a question."""
    return answer_key("openai", ChatRequest("m", "s", f"text {number}"))


def paid(text: str = "Science", usd: float | None = 0.25, at: float = NOON, model: str = "m-1") -> Paid:
    """An answer of 10 tokens in, 4 of them cached, and 2 out, one of them a thought."""
    return Paid(Answer(text, "stop", Usage(10, 2, 4, 1, usd), f"{model}-served"), 0.5, at, "openai", model)


def fill(path: Path, numbers: Sequence[int], account: str = "labeling:one") -> None:
    """Keep an answer for each of ``numbers``."""
    with Ledger(path) as ledger:
        ledger.save(account, [(key(n), paid(f"answer {n}")) for n in numbers])


def first_version(path: Path, number: int, purse: str = "labeling", start: int = 0) -> None:
    """A ledger of version 1 with ``number`` answers at a quarter of a dollar, one of them paid for twice."""
    database = sqlite3.connect(path)
    for statement in SCHEMA_1:
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute("PRAGMA user_version = 1")
    for n in range(start, start + number):
        value = write_value(Paid(paid(f"answer {n}").answer, 0.5, NOON + DAY * (n % 2)))
        row = (key(n), value, checksum(key(n), value), purse)
        database.execute("INSERT INTO answers VALUES (?, ?, ?, ?, 1)", row)
    database.execute("UPDATE answers SET paid = 2 WHERE key = ?", (key(start),))
    database.execute("INSERT INTO spent VALUES (?, ?, ?, 0)", (purse, number + 1, 0.25 * (number + 1)))
    job = b'{"state":"sent","id":"batch_1","keys":[],"provider":"openai","at":0}'
    database.execute("INSERT INTO jobs VALUES ('job', ?, ?)", (job, checksum(b"job", job)))
    database.commit()
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
