"""What the ledger knows of jobs: noted before they are handed in, so that a killed process finds them."""

import hashlib
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from topicsmith.llm.batches.rows import BatchRow, size_of
from topicsmith.llm.ledger.ledger import Ledger

_KNOWN = {"keys", "at"}
"""Without these a job cannot be looked for."""

WINDOW_S = 24 * 3600.0
"""Within this time a service has ended every job that it took."""


class JobNotes:
    """The jobs at one provider.

    A job is ``sending``, ``sent`` once its id is known, ``collected`` at last; or ``never sent``.
    """

    def __init__(self, ledger: Ledger, provider: str, account: str) -> None:
        self._ledger = ledger
        self._provider = provider
        self._account = account

    def make(self, rows: Sequence[BatchRow]) -> tuple[str, dict[str, Any]]:
        """The name of a job with ``rows``, and what is noted of it."""
        keys = [row.key.hex() for row in rows]
        digest = hashlib.blake2b("".join(keys).encode(), digest_size=8).hexdigest()
        own = secrets.token_hex(2)  # another process may hand in the same at this moment
        about = {"account": self._account, "bytes": size_of(rows), "state": "sending"}
        job = {"provider": self._provider, "keys": keys, "at": time.time(), **about}
        return f"topicsmith-{digest}-{len(self._ledger.jobs())}-{own}", job

    def save(self, name: str, job: Mapping[str, object]) -> None:
        """Note ``job``, durably."""
        self._ledger.save_job(name, job)

    def is_own(self, job: Mapping[str, Any]) -> bool:
        """Whether our account handed it in."""
        return bool(job.get("account", self._account) == self._account)

    def open_with(self, rows: Collection[str]) -> dict[str, dict[str, Any]]:
        """The jobs that are not collected and ask some of ``rows``, the first handed in first.

        Those of other models are their annotators' to look after.
        """
        found = [(name, job) for name, job in self._jobs() if job["state"] in {"sending", "sent"}]
        ours = [(name, job) for name, job in found if any(key in rows for key in job["keys"])]
        return dict(sorted(ours, key=lambda item: float(item[1]["at"])))

    def others_wait(self, ours: Collection[str]) -> bool:
        """Whether a job beside ``ours`` may still be in the service's queue: another annotator's, or another run's."""
        recent = time.time() - WINDOW_S
        return any(job["state"] == "sent" and job["at"] > recent for name, job in self._jobs() if name not in ours)

    def ids(self) -> set[str]:
        """The service's ids of all jobs known."""
        return {str(job["id"]) for _, job in self._jobs() if "id" in job}

    def most_taken(self) -> int:
        """The bytes of the largest job that the service has carried out; 0 when none is known."""
        return max((int(job.get("bytes", 0)) for _, job in self._jobs() if job["state"] == "collected"), default=0)

    def _jobs(self) -> list[tuple[str, dict[str, Any]]]:
        jobs: dict[str, dict[str, Any]] = self._ledger.jobs()
        ours = ((name, job) for name, job in jobs.items() if job.get("provider") == self._provider)
        return [(name, job) for name, job in ours if job.keys() >= _KNOWN]
