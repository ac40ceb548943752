"""What a ledger keeps: counted, written out as JSON lines, and pruned."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import orjson

from topicsmith.atomic_files import replacing
from topicsmith.llm.ledger import sqlite
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid

UNKNOWN = "unknown"
"""What stands for a provider, model or day that was not kept."""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """How many answers are kept of a model, paid towards one account on one day; empty texts stand for unknown."""

    provider: str
    model: str
    account: str
    day: str
    answers: int


def count_kept(ledger: Ledger) -> tuple[KeptAnswers, ...]:
    """The answers that are kept, by provider, model, account and day."""
    query = "SELECT provider, model, purse, day, count(*) FROM answers GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    return tuple(KeptAnswers(*row) for row in ledger.rows(query))


def open_jobs(ledger: Ledger) -> int:
    """How many batch jobs are handed in, or being handed in, and not collected."""
    return sum(job.get("state") in {"sending", "sent"} for job in ledger.jobs().values())


def export_answers(ledger: Ledger, out: Path) -> int:
    """Write every answer as a line of JSON; gives how many. Damaged ones are left out and counted by the ledger.

    A line holds no question: the ledger keeps only a hash of it, which is ``key``. ``logprobs`` are pairs of how many
    bytes of ``text`` a token writes and its log-probability.

    Raises:
        StorageError: when the disk is full or failing.
    """
    count = 0
    with replacing(out) as temporary, temporary.open("wb") as file:
        for line in _lines(ledger):
            file.write(line)
            count += 1
    return count


def _lines(ledger: Ledger) -> Iterator[bytes]:
    query = "SELECT key, value, sum, logprobs, purse FROM answers ORDER BY day, key"
    for key, value, check, logprobs, account in ledger.rows(query):
        paid = sqlite.read_value(key, value, check, logprobs)
        if paid is None:
            ledger.damaged += 1
        else:
            yield orjson.dumps(_document(key, account, paid), option=orjson.OPT_APPEND_NEWLINE)


def _document(key: bytes, account: str, paid: Paid) -> dict[str, object]:
    answer, usage, logprobs = paid.answer, paid.answer.usage, paid.answer.logprobs
    return {
        "key": key.hex(),
        "provider": paid.provider or None,
        "model": paid.model or None,
        "served_model": answer.served_model,
        "text": answer.text,
        "finish": answer.finish,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost_usd": usage.cost_usd,
        "latency_s": paid.latency_s,
        "at": datetime.fromtimestamp(paid.at, UTC).isoformat(timespec="milliseconds"),
        "account": account,
        "logprobs": None if logprobs is None else list(zip(logprobs.lengths, logprobs.logprobs, strict=True)),
    }


@dataclass(frozen=True, slots=True)
class Pruning:
    """Which answers to remove: those from before a day, of a model, or both; the model as ``provider:model`` or alone.

    Answers of an unknown day are older than any, and the model ``unknown`` is that of answers that name none.
    """

    before: date | None = None
    model: str | None = None

    def where(self) -> tuple[str, tuple[str, ...]]:
        """The condition in SQL, and its values."""
        conditions, values = ["1"], []
        if self.before is not None:
            conditions.append("day < ?")
            values.append(self.before.isoformat())
        if self.model is not None:
            name = "" if self.model == UNKNOWN else self.model
            conditions.append("? IN (model, provider || ':' || model)")
            values.append(name)
        return " AND ".join(conditions), tuple(values)


def count_matching(ledger: Ledger, pruning: Pruning) -> int:
    """How many answers :func:`prune` would remove."""
    where, values = pruning.where()
    [(count,)] = ledger.rows(f"SELECT count(*) FROM answers WHERE {where}", values)  # noqa: S608  # our conditions
    return int(count)


def prune(ledger: Ledger, pruning: Pruning) -> int:
    """Remove answers, overwriting their bytes; what was spent on them stays counted. Gives how many there were.

    Raises:
        StorageError: when the disk is full or failing; nothing is then removed.
    """
    where, values = pruning.where()
    database = ledger.writer
    try:
        database.execute("PRAGMA secure_delete = ON")
        with sqlite.transaction(database):
            removed = database.execute(f"DELETE FROM answers WHERE {where}", values).rowcount  # noqa: S608  # our conditions
            database.execute(sqlite.COUNT_KEPT, (-removed,))
        with suppress(sqlite3.OperationalError):  # somebody is reading: the room is used again all the same
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise sqlite.storage_error(ledger.path, error) from error
    return int(removed)
