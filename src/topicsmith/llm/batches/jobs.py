"""Jobs at a batch interface: handed in once, found again after a kill, split where they are too much, waited for.

A job is in the ledger before it is handed in, and its id directly after. A service that says that a job is too big, or
that too much waits there already, gets half of it once another job has ended; the half that is refused is halved again.
"""

import hashlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.base import BatchInterface, BatchLine, is_too_much
from topicsmith.llm.batches.rows import BatchRow, Collector
from topicsmith.llm.errors import BadRequest, ProviderFailure, RateLimited, TooLarge
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.types import Provider

BELIEVED_AFTER_S = 300.0
"""How long a service may deny a job whose id it gave before it is believed: it may not know it everywhere yet."""


class Jobs:
    """The jobs of one annotator in one run."""

    def __init__(
        self,
        interface: BatchInterface,
        provider: Provider,
        ledger: Ledger,
        budget: Budget,
        collector: Collector,
        say: Callable[[str], None],
        believed_after_s: float = BELIEVED_AFTER_S,
    ) -> None:
        """Talk to ``interface``; ``say`` tells the person."""
        self._interface = interface
        self._provider = provider
        self._ledger = ledger
        self._budget = budget
        self._collector = collector
        self._say = say
        self._believed_after_s = believed_after_s
        self._aside: dict[str, float] = {}
        self._running: dict[str, dict[str, Any]] = {}
        self._groups: deque[list[BatchRow]] = deque()
        self._denied: dict[tuple[str, str], float] = {}
        self._full = False
        self._problem: UpstreamError | None = None

    def ask(self, rows: Sequence[BatchRow], stop: threading.Event, poll_s: float, done: int) -> None:
        """Hand in what no job of ours has, then wait for all of them and keep what they bring.

        Raises:
            BudgetSpentError: when the money left does not last for the next job; ``done`` rows were done before.
            UpstreamError: when a job failed, once the others are collected.
        """
        by_key = {row.key.hex(): row for row in rows}
        self._recover(by_key)
        known: dict[str, dict[str, Any]] = self._ledger.jobs()
        self._running = {name: job for name, job in known.items() if self._is_ours(job, by_key, "sent")}
        for name, job in self._running.items():
            if job.get("account", self._collector.account) == self._collector.account:
                self._set_aside(name, [by_key[key] for key in job["keys"] if key in by_key])
        covered = {key for job in self._running.values() for key in job["keys"]}
        self._groups = deque(self._grouped([row for key, row in by_key.items() if key not in covered]))
        while (self._running or self._groups) and not stop.is_set():
            self._hand_in(done)
            for name in self._ended(by_key):
                self._collect(name, by_key)
            if self._problem is not None and not self._running:
                raise self._problem
            if self._running or (self._groups and self._full):
                stop.wait(poll_s)

    def _hand_in(self, done: int) -> None:
        """Hand in jobs while there is money and the service takes them."""
        while self._groups and not self._full and self._problem is None:
            held = self._hold(self._groups[0])
            if held is None:
                if not self._running and not self._budget.is_held:
                    raise self._budget.empty(done)
                return
            group = self._groups.popleft()
            name = self._name(group)
            try:
                self._running[name] = self._submit(name, group)
                self._aside[name] = held
            except ProviderFailure as failure:
                self._budget.release(held)
                self._refused(name, group, failure)

    def _refused(self, name: str, group: list[BatchRow], failure: ProviderFailure) -> None:
        """A job was not taken: for its size or the queue, or for good."""
        if not isinstance(failure, TooLarge | RateLimited) and not (
            isinstance(failure, BadRequest) and is_too_much(str(failure))
        ):
            raise failure
        self._ledger.save_job(name, {**self._note(group), "state": "never sent"})
        self._split(group, failure, queued=not isinstance(failure, TooLarge))

    def _split(self, group: list[BatchRow], failure: ProviderFailure, *, queued: bool) -> None:
        """Put a job that is too much back in halves, to be handed in when another has ended."""
        if len(group) > 1:
            middle = len(group) // 2
            self._groups.extendleft([group[middle:], group[:middle]])
            self._full = queued and bool(self._running)
            self._say(f"{failure}: handed in again in halves of {middle:,} rows")
        elif queued:
            self._groups.appendleft(group)
            if not self._running:
                self._problem = UpstreamError(
                    f"{failure}: not even one row is taken; run again when the queue is empty"
                )
            self._full = True
        else:
            group[0].failure = TooLarge(str(failure), status=413)

    def _ended(self, rows: Mapping[str, BatchRow]) -> list[str]:
        """The names of the jobs that have something to collect."""
        ended = []
        for name, job in list(self._running.items()):
            try:
                state = self._interface.state(str(job["id"]))
            except ProviderFailure as failure:
                self._deny(name, "state", failure)
                continue
            self._denied.pop((name, "state"), None)
            if state.problem:
                self._failed(name, state.problem, rows, too_much=state.too_much)
            elif state.ended:
                ended.append(name)
        return ended

    def _deny(self, name: str, what: str, failure: ProviderFailure) -> None:
        """The service denies a job's state or its results: asked again for some minutes before it is believed."""
        since = self._denied.setdefault((name, what), time.monotonic())
        if time.monotonic() - since >= self._believed_after_s:
            job, minutes = self._running[name]["id"], self._believed_after_s / 60
            raise UpstreamError(
                f"{failure}: the batch {job} has been denied for {minutes:.0f} minutes; nothing is handed in twice: "
                "run again later, or look for it at the provider"
            ) from failure

    def _failed(self, name: str, problem: str, rows: Mapping[str, BatchRow], *, too_much: bool) -> None:
        """A job ended with nothing to collect: split where it was too much, otherwise told when the others ended."""
        job = self._finish(name, "collected")
        said = f"{self._provider.name}: the batch {job['id']} failed: {problem}"
        if too_much:
            group = [rows[key] for key in job["keys"] if key in rows]
            self._split(group, TooLarge(said), queued=True)
        else:
            self._problem = self._problem or UpstreamError(said)

    def _collect(self, name: str, rows: Mapping[str, BatchRow]) -> None:
        job = self._running[name]
        try:
            results = self._interface.results(str(job["id"]), job["keys"])
            unreadable = self._collector.keep(results, job["keys"], job["at"], rows, job.get("account"))
        except ProviderFailure as failure:
            self._deny(name, "results", failure)
            return
        if unreadable:
            self._say(
                f"{self._provider.name}: {unreadable:,} lines of the results of batch {job['id']} cannot be read; rows "
                "without a result are handed in again"
            )
        self._finish(name, "collected")

    def _finish(self, name: str, state: str) -> dict[str, Any]:
        job = self._running.pop(name)
        self._ledger.save_job(name, {**job, "state": state})
        self._budget.release(self._aside.pop(name, 0.0))
        self._full = False
        return job

    def _is_ours(self, job: Mapping[str, Any], rows: Mapping[str, BatchRow], state: str) -> bool:
        """Whether a job asks some of ``rows``; those of other models are their annotators' to look after."""
        same = job["provider"] == self._provider.name and job["state"] == state
        return same and any(key in rows for key in job["keys"])

    def _lines(self, rows: Sequence[BatchRow]) -> list[BatchLine]:
        return [BatchLine(r.key.hex(), orjson.loads(self._provider.encode(r.request).body)) for r in rows]

    def _name(self, rows: Sequence[BatchRow]) -> str:
        digest = hashlib.blake2b("".join(row.key.hex() for row in rows).encode(), digest_size=8).hexdigest()
        own = secrets.token_hex(2)  # another process may hand in the same at this moment
        return f"topicsmith-{digest}-{len(self._ledger.jobs())}-{own}"

    def _note(self, rows: Sequence[BatchRow]) -> dict[str, Any]:
        keys = [row.key.hex() for row in rows]
        return {"provider": self._provider.name, "keys": keys, "at": time.time(), "account": self._collector.account}

    def _submit(self, name: str, rows: Sequence[BatchRow]) -> dict[str, Any]:
        job = {**self._note(rows), "state": "sending"}
        self._ledger.save_job(name, job)
        job = {**job, "id": self._interface.submit(name, self._lines(rows)), "state": "sent"}
        self._ledger.save_job(name, job)
        for row in rows:
            row.calls += 1
        self._say(f"{self._provider.name}: batch {job['id']} with {len(rows)} rows submitted")
        return job

    def _hold(self, rows: Sequence[BatchRow]) -> float | None:
        """Set aside the most that a job can cost, until it is collected; ``None`` when the money may not last."""
        held = 0.0
        for row in rows:
            most = self._budget.hold(row.request)
            if most is None:
                self._budget.release(held)
                return None
            held += most
        return held

    def _set_aside(self, name: str, rows: Sequence[BatchRow]) -> None:
        """The same for a job of ours that runs already, whether or not the money lasts: it will be paid for."""
        if name not in self._aside:
            self._aside[name] = sum(self._budget.most(row.request) for row in rows)
            self._budget.take(self._aside[name])

    def _recover(self, rows: Mapping[str, BatchRow]) -> None:
        """Find the jobs that were being handed in when a process died."""
        jobs: dict[str, dict[str, Any]] = self._ledger.jobs()
        known = {str(job["id"]) for job in jobs.values() if "id" in job}
        for name, job in sorted(jobs.items(), key=lambda item: float(item[1]["at"])):
            if self._is_ours(job, rows, "sending"):
                found = self._interface.find(name, len(job["keys"]), job["at"], known)
                known.add(found or "")
                state = {"id": found, "state": "sent"} if found else {"state": "never sent"}
                self._ledger.save_job(name, {**job, **state})

    def _grouped(self, rows: Sequence[BatchRow]) -> Iterator[list[BatchRow]]:
        """Rows in groups that one job takes."""
        group: list[BatchRow] = []
        size = 0
        for row in rows:
            more = sum(len(orjson.dumps(line.body)) + 200 for line in self._lines([row]))
            if group and (len(group) >= self._interface.most_lines or size + more > self._interface.most_bytes):
                yield group
                group, size = [], 0
            group.append(row)
            size += more
        if group:
            yield group
