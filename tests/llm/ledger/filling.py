"""Ledgers with something in them, of this version and of earlier ones."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import APPLICATION_ID, Paid, checksum, write_value
from topicsmith.llm.ledger.upgrade import SCHEMA_1, SCHEMA_2
from topicsmith.llm.types import Answer, ChatRequest, TokenLogprobs
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


def told(text: str = "Science", *logprobs: float) -> Paid:
    """An answer whose first tokens write a byte each, and whose last one the rest, with their log-probabilities."""
    length = len(text.encode())
    lengths = (*(1 for _ in logprobs[1:]), length - len(logprobs) + 1)
    answer = replace(paid(text).answer, logprobs=TokenLogprobs(lengths, logprobs))
    return replace(paid(text), answer=answer)


def fill(path: Path, numbers: Sequence[int], account: str = "labeling:one") -> None:
    """Keep an answer for each of ``numbers``."""
    with Ledger(path) as ledger:
        ledger.save(account, [(key(n), paid(f"answer {n}")) for n in numbers])


def second_version(path: Path, number: int, account: str = "labeling:one") -> None:
    """A ledger of version 2 with ``number`` answers at a quarter of a dollar, and a job."""
    database = sqlite3.connect(path)
    for statement in SCHEMA_2:
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute("PRAGMA user_version = 2")
    for n in range(number):
        database.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", second_row(key(n), paid(f"answer {n}")))
    numbers = (number, 0.25 * number, 0, 0, 0, 10 * number, 2 * number, 4 * number, number)
    marks = ",".join("?" * 14)
    database.execute(f"INSERT INTO spent VALUES ({marks})", (account, "a", "openai", "m-1", "2023-11-15", *numbers))
    job = b'{"state":"sent","id":"batch_1","keys":[],"provider":"openai","at":0}'
    database.execute("INSERT INTO jobs VALUES ('job', ?, ?)", (job, checksum(b"job", job)))
    database.executemany("INSERT INTO about VALUES (?, ?)", [("id", "a"), ("answers", number)])
    database.commit()
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def second_row(name: bytes, answer: Paid, account: str = "labeling:one") -> tuple[object, ...]:
    """A row of answers in version 2."""
    value = write_value(answer)
    return name, value, checksum(name, value), account, answer.provider, answer.model, answer.day


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
