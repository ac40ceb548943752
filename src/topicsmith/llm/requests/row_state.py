"""One question under way, and what the end of a call means for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from topicsmith.llm.errors import Malformed, ProviderFailure, RateLimited, Transient
from topicsmith.llm.http import MachineFull, Untrusted
from topicsmith.llm.ledger.ledger import answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.pacing import OVERLOADED
from topicsmith.llm.requests.refusals import looks_like_everybodys
from topicsmith.llm.requests.types import AskOutcome, FollowUp
from topicsmith.llm.types import ChatRequest

Ending = Literal["stop", "suspected", "machine_full", "limited", "retry", "done"]
"""What a failed call means.

No call can succeed; perhaps none can, as others will tell; this machine takes no more calls; the provider wants fewer;
the call may succeed later; or the row ends with this failure.
"""


def ending_of(failure: ProviderFailure) -> Ending:
    """What ``failure`` means for the row and for the calls to come."""
    if isinstance(failure, Untrusted):
        return "stop"
    if looks_like_everybodys(failure):
        return "suspected"
    if isinstance(failure, MachineFull):
        return "machine_full"
    if isinstance(failure, RateLimited) or failure.status in OVERLOADED:
        return "limited"
    return "retry" if isinstance(failure, Transient | Malformed) else "done"


@dataclass(slots=True, eq=False)
class RowState:
    """One question under way; ``ids`` are all the rows that ask it.

    ``key`` is the ledger's for the request as it is asked now, ``first_key`` as it was asked first. ``turn`` counts the
    follow-ups, ``tries`` the failed calls of this turn, ``calls`` all calls; ``held`` is the money set aside for one.
    ``refusals`` counts refusals that may have been everybody's, ``limits`` those for being one too many.
    """

    ids: list[str]
    first_key: bytes
    key: bytes
    request: ChatRequest
    answers: list[Paid] = field(default_factory=list)
    turn: int = 0
    tries: int = 0
    calls: int = 0
    held: float = 0.0
    refusals: int = 0
    limits: int = 0

    def take(self, paid: Paid, follow_up: FollowUp, provider: str) -> bool:
        """Take an answer; gives whether the row is done with it. Otherwise the next request is in its place."""
        self.answers.append(paid)
        following = follow_up(self.request, paid.answer, self.turn)
        if following is None:
            return True
        self.turn += 1
        self.tries = 0
        self.request = following
        self.key = answer_key(provider, following, self.turn)
        return False

    def outcomes(self, failure: ProviderFailure | None) -> list[AskOutcome]:
        """What became of the question, for every row that asked it."""
        return [AskOutcome(name, tuple(self.answers), failure, self.calls) for name in self.ids]


def take_all(
    rows: list[RowState], find: Callable[[list[bytes]], dict[bytes, Paid]], follow_up: FollowUp, provider: str
) -> tuple[list[RowState], list[RowState]]:
    """Answer ``rows`` from the ledger as far as it goes: those that are done, and those that must be asked."""
    finished, fresh = [], []
    while rows:
        found = find([row.key for row in rows])
        fresh += [row for row in rows if row.key not in found]
        known = [row for row in rows if row.key in found]
        done = [row.take(found[row.key], follow_up, provider) for row in known]
        finished += [row for row, ended in zip(known, done, strict=True) if ended]
        rows = [row for row, ended in zip(known, done, strict=True) if not ended]
    return finished, fresh
