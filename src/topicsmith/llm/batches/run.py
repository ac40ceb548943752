"""Asking in batches: the same questions, ledger and outcomes as online, at the batch price and a day's patience.

A job is in the ledger before it is handed in, and its id directly after. A process that is killed finds its jobs there
and goes on waiting for them; only rows that no job answered are handed in again.
"""

import asyncio
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import orjson

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches import batches_of
from topicsmith.llm.batches.base import BatchInterface, BatchLine, Result
from topicsmith.llm.errors import BadRequest, Malformed, ProviderFailure, RateLimited, TooLarge, Transient
from topicsmith.llm.http import Client, ClientSettings
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.retries import backoff_s
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import ChatRequest, HttpRequest, Provider

ROUNDS = 4
ATTEMPTS = 5
POLL_S = 30.0
SAVE = 500
BULK = ClientSettings(total_s=900.0, body_bytes=1024 * 1024 * 1024)


@dataclass(slots=True, eq=False)
class _Row:
    ids: list[str]
    request: ChatRequest
    key: bytes
    answers: list[Paid] = field(default_factory=list)
    turn: int = 0
    failure: ProviderFailure | None = None
    calls: int = 0


class BatchAnswerStream(Iterator[AskOutcome]):
    """The outcomes of questions asked in batches; ``stop`` leaves the jobs running, to be picked up by a later run."""

    def __init__(
        self, asks: Iterable[Ask], provider: Provider, ledger: Path, settings: EngineSettings, poll_s: float = POLL_S
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._poll_s = poll_s
        self._stop = threading.Event()
        self._aside: dict[str, float] = {}
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
            for _ in range(ROUNDS):
                done, rows = self._look_up(rows)
                self._done += len(done)
                yield from (outcome for row in done for outcome in _outcomes(row))
                if not rows or self._stop.is_set():
                    return
                self._ask(rows)
                if self._stop.is_set():
                    return
                failed = [row for row in rows if isinstance(row.failure, BadRequest | TooLarge)]
                yield from (outcome for row in failed for outcome in _outcomes(row))
                rows = [row for row in rows if row not in set(failed)]
            done, rows = self._look_up(rows)
            for row in rows:
                row.failure = row.failure or Transient(f"{self._provider.name}: no batch answered it, {ROUNDS} tries")
            yield from (outcome for row in [*done, *rows] for outcome in _outcomes(row))

    def _rows(self, asks: Iterable[Ask]) -> list[_Row]:
        rows: dict[bytes, _Row] = {}
        for ask in asks:
            key = answer_key(self._provider.name, ask.request)
            row = rows.setdefault(key, _Row([], ask.request, key))
            row.ids.append(ask.id)
        return list(rows.values())

    def _look_up(self, rows: list[_Row]) -> tuple[list[_Row], list[_Row]]:
        """Split into rows that are answered for good, and rows to ask, each with the question that is next."""
        done: list[_Row] = []
        missing: list[_Row] = []
        while rows:
            found = self._ledger.find([row.key for row in rows])
            missing += [row for row in rows if row.key not in found]
            again: list[_Row] = []
            for row in rows:
                if row.key in found:
                    (done if self._is_done(row, found[row.key]) else again).append(row)
            rows = again
        return done, missing

    def _is_done(self, row: _Row, paid: Paid) -> bool:
        row.answers.append(paid)
        row.failure = None
        following = self._settings.follow_up(row.request, paid.answer, row.turn)
        if following is None:
            return True
        row.turn += 1
        row.request = following
        row.key = answer_key(self._provider.name, following, row.turn)
        return False

    def _ask(self, rows: list[_Row]) -> None:
        """Hand in what no job of ours has, then wait for all of them and keep what they bring."""
        interface = batches_of(self._provider, rows[0].request.model, self._send)
        by_key = {row.key.hex(): row for row in rows}
        self._recover(interface, by_key)
        known: dict[str, dict[str, Any]] = self._ledger.jobs()
        running = {name: job for name, job in known.items() if self._is_ours(job, by_key, "sent")}
        for name, job in running.items():
            self._set_aside(name, [by_key[key] for key in job["keys"] if key in by_key])
        covered = {key for job in running.values() for key in job["keys"]}
        groups = deque(_groups([row for key, row in by_key.items() if key not in covered], interface, self._lines))
        while (running or groups) and not self._stop.is_set():
            while groups and (held := self._hold(groups[0])) is not None:
                name, job = self._submit(interface, groups.popleft())
                running[name], self._aside[name] = job, held
            if not running and not self._budget.is_held:
                raise self._budget.empty(self._done)
            for name in self._ended(interface, running):
                self._collect(interface, name, running.pop(name), by_key)
                self._budget.release(self._aside.pop(name))
            if running or groups:
                self._stop.wait(self._poll_s)

    def _ended(self, interface: BatchInterface, running: Mapping[str, dict[str, Any]]) -> list[str]:
        """The names of the jobs that have something to collect."""
        ended = []
        for name, job in running.items():
            state = interface.state(str(job["id"]))
            if state.problem:
                self._ledger.save_job(name, {**job, "state": "collected"})
                raise UpstreamError(f"{self._provider.name}: the batch {job['id']} failed: {state.problem}")
            if state.ended:
                ended.append(name)
        return ended

    def _is_ours(self, job: Mapping[str, Any], rows: Mapping[str, _Row], state: str) -> bool:
        """Whether a job asks some of ``rows``; those of other models are their annotators' to look after."""
        same = job["provider"] == self._provider.name and job["state"] == state
        return same and any(key in rows for key in job["keys"])

    def _lines(self, rows: Sequence[_Row]) -> list[BatchLine]:
        return [BatchLine(r.key.hex(), orjson.loads(self._provider.encode(r.request).body)) for r in rows]

    def _submit(self, interface: BatchInterface, rows: Sequence[_Row]) -> tuple[str, dict[str, Any]]:
        keys = [row.key.hex() for row in rows]
        name = "topicsmith-" + hashlib.blake2b("".join(keys).encode(), digest_size=8).hexdigest()
        name += f"-{len(self._ledger.jobs())}"
        job: dict[str, Any] = {"provider": self._provider.name, "state": "sending", "keys": keys, "at": time.time()}
        self._ledger.save_job(name, job)
        job = {**job, "id": interface.submit(name, self._lines(rows)), "state": "sent"}
        self._ledger.save_job(name, job)
        for row in rows:
            row.calls += 1
        self._settings.say(f"{self._provider.name}: batch {job['id']} with {len(rows)} rows submitted")
        return name, job

    def _hold(self, rows: Sequence[_Row]) -> float | None:
        """Set aside the most that a job can cost, until it is collected; ``None`` when the money may not last."""
        held = 0.0
        for row in rows:
            most = self._budget.hold(row.request)
            if most is None:
                self._budget.release(held)
                return None
            held += most
        return held

    def _set_aside(self, name: str, rows: Sequence[_Row]) -> None:
        """The same for a job that runs already, whether or not the money lasts: it will be paid for."""
        if name not in self._aside:
            self._aside[name] = sum(self._budget.most(row.request) for row in rows)
            self._budget.take(self._aside[name])

    def _recover(self, interface: BatchInterface, rows: Mapping[str, _Row]) -> None:
        """Find the jobs that were being handed in when a process died."""
        jobs: dict[str, dict[str, Any]] = self._ledger.jobs()
        known = {str(job["id"]) for job in jobs.values() if "id" in job}
        for name, job in sorted(jobs.items(), key=lambda item: float(item[1]["at"])):
            if self._is_ours(job, rows, "sending"):
                found = interface.find(name, len(job["keys"]), job["at"], known)
                known.add(found or "")
                state = {"id": found, "state": "sent"} if found else {"state": "never sent"}
                self._ledger.save_job(name, {**job, **state})

    def _collect(self, interface: BatchInterface, name: str, job: dict[str, Any], rows: Mapping[str, _Row]) -> None:
        ours = set(job["keys"])
        seen: set[str] = set()
        group: list[tuple[bytes, Paid]] = []
        assumed = 0.0
        took = max(0.0, time.time() - job["at"])
        for result in interface.results(str(job["id"]), job["keys"]):
            if result.custom_id in seen or result.custom_id not in ours:
                continue  # a second answer, or somebody else's
            seen.add(result.custom_id)
            if self._ledger.find([bytes.fromhex(result.custom_id)]):
                continue  # a process that died while it collected has kept it
            row = rows.get(result.custom_id)
            paid = self._paid(result, took, row)
            if paid is not None:
                group.append((bytes.fromhex(result.custom_id), paid))
                assumed += self._budget.most(row.request) if row and paid.answer.usage.cost_usd is None else 0.0
            if len(group) >= SAVE:
                self._ledger.save(self._settings.account, group, assumed)
                group, assumed = [], 0.0
        if group:
            self._ledger.save(self._settings.account, group, assumed)
        self._ledger.save_job(name, {**job, "state": "collected"})

    def _paid(self, result: Result, took: float, row: _Row | None) -> Paid | None:
        if result.status == 0:
            return None  # expired or cancelled: handed in again
        try:
            answer = self._provider.decode(result.status, {}, result.body)
        except ProviderFailure as failure:
            if row is not None:
                row.failure = failure
            return None
        usage = replace(answer.usage, cost_usd=self._settings.cost(answer.usage))
        return Paid(replace(answer, usage=usage), took, time.time())

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
            self._provider.decode(response.status, response.headers, response.body)
            raise Transient(f"{self._provider.name}: status {response.status} from its batch interface")
        return response.body


def _outcomes(row: _Row) -> list[AskOutcome]:
    return [AskOutcome(name, tuple(row.answers), row.failure, row.calls) for name in row.ids]


def _groups(
    rows: Sequence[_Row], interface: BatchInterface, lines: Callable[[Sequence[_Row]], list[BatchLine]]
) -> Iterator[list[_Row]]:
    """Rows in groups that one job takes."""
    group: list[_Row] = []
    size = 0
    for row in rows:
        more = sum(len(orjson.dumps(line.body)) + 200 for line in lines([row]))
        if group and (len(group) >= interface.most_lines or size + more > interface.most_bytes):
            yield group
            group, size = [], 0
        group.append(row)
        size += more
    if group:
        yield group
