"""Asking in batches: the same questions, ledger and outcomes as online, at the batch price and a day's patience.

A job is in the ledger before it is handed in, and its id directly after. A process that is killed finds its jobs there
and goes on waiting for them; only rows that no job answered are handed in again.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

from topicsmith.llm.batches import batches_of
from topicsmith.llm.batches.jobs import BELIEVED_AFTER_S, Jobs
from topicsmith.llm.batches.notes import WINDOW_S
from topicsmith.llm.batches.rows import BatchRow, Collector
from topicsmith.llm.errors import BadRequest, Malformed, ProviderFailure, RateLimited, TooLarge, Transient
from topicsmith.llm.http import Client, ClientSettings
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.retries import backoff_s
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import HttpRequest, Provider

ROUNDS = 4
ATTEMPTS = 5
POLL_S = 30.0
BULK = ClientSettings(total_s=900.0, body_bytes=1024 * 1024 * 1024)


class BatchAnswerStream(Iterator[AskOutcome]):
    """The outcomes of questions asked in batches; ``stop`` leaves the jobs running, to be picked up by a later run."""

    def __init__(
        self, asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings,
        poll_s: float = POLL_S, believed_after_s: float = BELIEVED_AFTER_S, patience_s: float = WINDOW_S,
    ) -> None:  # fmt: skip
        self._provider = provider
        self._settings = settings
        self._poll_s = poll_s
        self._believed_s = believed_after_s
        self._patience_s = patience_s
        self._stop = threading.Event()
        self._done = 0
        self._outcomes = self._work(asks, ledger)

    def __next__(self) -> AskOutcome:
        return next(self._outcomes)

    def stop(self) -> None:
        """Wait no longer, from any thread; nothing is lost."""
        self._stop.set()

    def _work(self, asks: Iterable[Ask], path: Path) -> Iterator[AskOutcome]:
        with Ledger(path) as self._ledger:
            self._budget = Budget(
                self._settings.budget_usd,
                self._settings.cost,
                self._settings.held,
                lambda: self._ledger.spent(self._settings.account),
                self._provider,
            )
            rows = self._rows(asks)
            jobs: Jobs | None = None
            for _ in range(ROUNDS):
                done, rows = self._look_up(rows)
                self._done += len(done)
                yield from (outcome for row in done for outcome in row.outcomes())
                if not rows or self._stop.is_set():
                    return
                jobs = jobs or self._jobs(rows[0].request.model)
                jobs.ask(rows, self._stop, self._done)
                if self._stop.is_set():
                    return
                failed = [row for row in rows if isinstance(row.failure, BadRequest | TooLarge)]
                yield from (outcome for row in failed for outcome in row.outcomes())
                rows = [row for row in rows if row not in set(failed)]
            done, rows = self._look_up(rows)
            for row in rows:
                row.failure = row.failure or Transient(f"{self._provider.name}: no batch answered it, {ROUNDS} tries")
            yield from (outcome for row in [*done, *rows] for outcome in row.outcomes())

    def _jobs(self, model: str) -> Jobs:
        interface = batches_of(self._provider, model, self._send)
        settings = self._settings
        collector = Collector(self._provider, self._ledger, settings.account, self._budget, settings.cost)
        return Jobs(
            interface, self._provider, self._ledger, self._budget, collector, settings.say, self._poll_s,
            self._believed_s, self._patience_s,
        )  # fmt: skip

    def _rows(self, asks: Iterable[Ask]) -> list[BatchRow]:
        rows: dict[bytes, BatchRow] = {}
        for ask in asks:
            key = answer_key(self._provider.name, ask.request)
            row = rows.setdefault(key, BatchRow([], ask.request, key))
            row.ids.append(ask.id)
        return list(rows.values())

    def _look_up(self, rows: list[BatchRow]) -> tuple[list[BatchRow], list[BatchRow]]:
        """Split into rows that are answered for good, and rows to ask, each with the question that is next."""
        done: list[BatchRow] = []
        missing: list[BatchRow] = []
        while rows:
            found = self._ledger.find([row.key for row in rows])
            missing += [row for row in rows if row.key not in found]
            again: list[BatchRow] = []
            for row in rows:
                if row.key in found:
                    (done if self._is_done(row, found[row.key]) else again).append(row)
            rows = again
        return done, missing

    def _is_done(self, row: BatchRow, paid: Paid) -> bool:
        row.answers.append(paid)
        row.failure = None
        following = self._settings.follow_up(row.request, paid.answer, row.turn)
        if following is None:
            return True
        row.turn += 1
        row.request = following
        row.key = answer_key(self._provider.name, following, row.turn)
        return False

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        request = HttpRequest(url, headers, body)
        for attempt in range(1, ATTEMPTS):
            try:
                return asyncio.run(self._send_once(method, request))
            except (Transient, RateLimited, Malformed) as failure:
                if method == "POST" and not isinstance(failure, RateLimited):
                    raise  # it may have arrived: handing in twice would be paying twice
                self._stop.wait(failure.retry_after_s or backoff_s(attempt, Random()))  # noqa: S311  # jitter
        return asyncio.run(self._send_once(method, request))

    async def _send_once(self, method: str, request: HttpRequest) -> bytes:
        async with Client(1, BULK) as client:
            response = await (client.post(request) if method == "POST" else client.get(request))
        if response.status != 200:
            try:
                self._provider.decode(response.status, response.headers, response.body)
            except ProviderFailure as failure:
                raise failure.without(request.secrets) from None
            raise Transient(f"{self._provider.name}: status {response.status} from its batch interface")
        return response.body
