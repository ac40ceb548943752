"""Jobs at a batch interface: handed in once, found again after a kill or a lost answer, waited for, collected.

A job is in the ledger before it is handed in, and its id directly after. One whose id is not known is looked for in the
service's list for some minutes before its rows are handed in again. How large jobs are is :mod:`waiting`'s to say.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.base import BatchInterface, BatchLine, is_full, is_too_much
from topicsmith.llm.batches.notes import WINDOW_S, JobNotes
from topicsmith.llm.batches.rows import BatchRow, Collector, Kept
from topicsmith.llm.batches.waiting import WaitingRows
from topicsmith.llm.errors import BadRequest, Malformed, ProviderFailure, RateLimited, TooLarge, Transient
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.types import Provider

T = TypeVar("T")

BELIEVED_AFTER_S = 300.0
"""How long a service may deny a job before it is believed: it may not know it everywhere yet."""

SENDING_S = 1800.0
"""The longest that handing in a job can take: a job in the ledger for longer has been handed in or never will be."""

LOSSES = 4
"""How often in a row the answer to handing in may be lost, with no job made, before the run stops."""

DOWNLOADS = 3
"""How often results are fetched while lines of them are torn or missing: that is free, asking again is not."""

FRAME_BYTES = 200
"""What a line of a job holds beside the request's body."""


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
        poll_s: float,
        believed_after_s: float = BELIEVED_AFTER_S,
        patience_s: float = WINDOW_S,
    ) -> None:
        """Talk to ``interface``, every ``poll_s`` seconds; ``say`` tells the person."""
        self._interface = interface
        self._provider = provider
        self._notes = JobNotes(ledger, provider.name, collector.account)
        self._budget = budget
        self._collector = collector
        self._say = say
        self._poll_s = poll_s
        self._believed_after_s = believed_after_s
        self._aside: dict[str, float] = {}
        self._running: dict[str, dict[str, Any]] = {}
        self._rows: Mapping[str, BatchRow] = {}
        self._denied: dict[tuple[str, str], float] = {}
        self._downloads: dict[str, int] = {}
        self._losses = 0
        self._problem: UpstreamError | None = None
        lines, size = interface.most_lines, interface.most_bytes
        self._waiting = WaitingRows(lines, size, self._notes.most_taken(), poll_s, patience_s)

    def ask(self, rows: Sequence[BatchRow], stop: threading.Event, done: int) -> None:
        """Hand in what no job of ours has, then wait for all of them and keep what they bring.

        Raises:
            BudgetSpentError: when the money left does not last for the next job; ``done`` rows were done before.
            UpstreamError: when a job failed, once the others are collected.
        """
        self._rows = {row.key.hex(): row for row in rows}
        for row in rows:
            row.size = len(self._provider.encode(row.request).body) + FRAME_BYTES
        self._running = self._notes.open_with(self._rows)
        for name, job in self._running.items():
            if self._notes.is_own(job):
                self._set_aside(name, self._rows_of(job))
        covered = {key for job in self._running.values() for key in job["keys"]}
        self._waiting.fill([row for key, row in self._rows.items() if key not in covered])
        while (self._running or self._waiting) and not stop.is_set():
            self._hand_in(done)
            for name in list(self._running):
                self._look_after(name)
            if self._problem is not None and not self._running:
                raise self._problem
            if self._running or self._waiting:
                stop.wait(self._poll_s)

    def _hand_in(self, done: int) -> None:
        """Hand in jobs while there is money and the service takes them."""
        while self._problem is None and self._waiting.ready(under_way=bool(self._running)):
            group = self._waiting.take()
            held = self._hold(group)
            if held is None:
                self._waiting.put_back(group)
                if not self._running and not self._budget.is_held:
                    raise self._budget.empty(done)
                return
            self._submit(group, held)

    def _submit(self, group: list[BatchRow], held: float) -> None:
        name, job = self._notes.make(group)
        self._notes.save(name, job)
        self._running[name], self._aside[name] = job, held
        try:
            self._sent(name, self._interface.submit(name, self._lines(group)))
        except (Transient, Malformed) as failure:
            self._lost(name, failure)
        except ProviderFailure as failure:
            self._finish(name, "never sent")
            too_much = isinstance(failure, BadRequest) and is_too_much(str(failure))
            if not too_much and not isinstance(failure, TooLarge | RateLimited):
                raise
            of_the_queue = isinstance(failure, RateLimited) or is_full(str(failure))
            self._refused(group, failure, of_the_queue=of_the_queue)

    def _sent(self, name: str, job: str) -> None:
        """The id of a job is known."""
        self._losses = 0
        self._running[name] = {**self._running[name], "id": job, "state": "sent"}
        self._notes.save(name, self._running[name])
        rows = self._rows_of(self._running[name])
        for row in rows:
            row.calls += 1
        self._say(f"{self._provider.name}: batch {job} with {len(rows)} rows submitted")

    def _refused(self, group: list[BatchRow], why: ProviderFailure, *, of_the_queue: bool) -> None:
        """A job was not taken: for its size, or for what waits there already."""
        under_way, others = bool(self._running), self._notes.others_wait(self._running)
        cure = self._waiting.refused(group, why, of_the_queue=of_the_queue, under_way=under_way, others=others)
        self._say(f"{why}: {cure}")

    def _lost(self, name: str, failure: ProviderFailure) -> None:
        """The answer to handing in did not arrive: the job may have been made, and to hand it in again is to pay twice.

        Raises:
            ProviderFailure: when the service's list cannot be had either, or it happens again and again.
        """
        self._losses += 1
        self._running[name]["lost"] = time.time()
        self._notes.save(name, self._running[name])
        self._say(f"{failure}: whether the batch was made is not known; it is looked for before it is handed in again")
        try:
            self._find(name)
        except ProviderFailure:
            self._losses = LOSSES + 1 if len(self._running) == 1 else self._losses
        if self._losses > LOSSES:
            raise failure

    def _find(self, name: str) -> None:
        """Look for a job whose id is not known; after some minutes it was never made, and its rows wait again."""
        job = self._running[name]
        known = self._notes.ids() | set(job.get("strangers", ()))
        found = self._interface.find(name, len(job["keys"]), job["at"], known)
        if found:
            self._running[name] = {**job, "found": True}
            self._sent(name, found)
            return
        made_until = job.get("lost", job["at"] + SENDING_S)
        if self._is_denied_for_long(name, "unlisted") or time.time() - made_until >= self._believed_after_s:
            self._finish(name, "never sent")
            self._waiting.put_back(self._rows_of(job))

    def _look_after(self, name: str) -> None:
        """Ask how far a job is, and collect one that has ended."""
        if "id" not in self._running[name]:
            self._patiently(name, "list", partial(self._find, name))
            return
        state = self._patiently(name, "state", partial(self._interface.state, str(self._running[name]["id"])))
        if state is not None and (state.ended or state.problem):
            self._patiently(name, "results", partial(self._collect, name, state.problem))

    def _is_denied_for_long(self, name: str, what: str) -> bool:
        """Count the time since ``what`` of a job was first denied."""
        since = self._denied.setdefault((name, what), time.monotonic())
        return time.monotonic() - since >= self._believed_after_s

    def _patiently(self, name: str, what: str, call: Callable[[], T]) -> T | None:
        """What ``call`` gives; ``None`` where the service denies it, which is believed after some minutes only.

        Raises:
            UpstreamError: after those minutes.
        """
        try:
            found = call()
        except ProviderFailure as failure:
            if not self._is_denied_for_long(name, what):
                return None
            job, minutes = self._running[name].get("id", name), self._believed_after_s / 60
            raise UpstreamError(
                f"{failure}: the batch {job} has been denied for {minutes:.0f} minutes; nothing is handed in "
                "twice: run again later, or look for it at the provider"
            ) from failure
        self._denied.pop((name, what), None)
        return found

    def _collect(self, name: str, problem: str) -> None:
        """Keep what a job brings; one that failed with ``problem`` may have finished some rows."""
        job = self._running[name]
        results = self._interface.results(str(job["id"]), job["keys"])
        kept = self._collector.keep(results, job["keys"], job["at"], self._rows, job.get("account"))
        if kept.cut is not None and not self._is_denied_for_long(name, "whole results"):
            return
        if problem:
            self._failed(name, problem, kept)
        elif kept.foreign and not kept.named and job.get("found"):
            self._mistaken(name)
        elif len(kept.named) < len(job["keys"]) and self._downloads.get(name, 1) < DOWNLOADS:
            self._downloads[name] = self._downloads.get(name, 1) + 1
        else:
            self._tell(job, kept)
            self._finish(name, "collected")
            if kept.answered:
                self._waiting.was_taken(job.get("bytes", 0))

    def _failed(self, name: str, problem: str, kept: Kept) -> None:
        """Rows of a job that was too much wait again; another problem is told when the other jobs have ended."""
        job = self._finish(name, "collected", bytes=0)
        said = f"{self._provider.name}: the batch {job['id']} failed: {problem}"
        group = [row for row in self._rows_of(job) if row.key.hex() not in kept.answered]
        if group and is_too_much(problem):
            self._refused(group, TooLarge(said), of_the_queue=is_full(problem))
        else:
            self._problem = self._problem or UpstreamError(said)

    def _mistaken(self, name: str) -> None:
        """The job that was found, by its time and size, is somebody else's: ours is looked for again."""
        job = {**self._running[name], "state": "sending"}
        job["strangers"] = [*job.get("strangers", ()), job.pop("id")]
        self._running[name] = job
        self._notes.save(name, job)

    def _tell(self, job: Mapping[str, Any], kept: Kept) -> None:
        """Say what is wrong with the results of a job."""
        again = sum(key not in kept.answered and self._is_asked_again(key) for key in job["keys"])
        if said := kept.said(len(job["keys"]), again):
            self._say(f"{self._provider.name}: results of batch {job['id']}: {said}")

    def _is_asked_again(self, key: str) -> bool:
        return key in self._rows and not isinstance(self._rows[key].failure, BadRequest | TooLarge)

    def _finish(self, name: str, state: str, **more: object) -> dict[str, Any]:
        job = self._running.pop(name)
        self._notes.save(name, {**job, **more, "state": state})
        self._budget.release(self._aside.pop(name, 0.0))
        return job

    def _rows_of(self, job: Mapping[str, Any]) -> list[BatchRow]:
        return [self._rows[key] for key in job["keys"] if key in self._rows]

    def _lines(self, rows: Sequence[BatchRow]) -> list[BatchLine]:
        return [BatchLine(r.key.hex(), orjson.loads(self._provider.encode(r.request).body)) for r in rows]

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
