"""Pacing: when the next call may go out. One place knows the open calls, the provider's waits, retries and outages.

Pure bookkeeping over a clock that only goes forward (``time.monotonic``), which a test replaces; it never sleeps.
A wait the provider asks for holds back everybody at once and uses up no attempt.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from topicsmith.errors import StoppedError, UpstreamError
from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.requests.circuit_breaker import Breaker
from topicsmith.llm.requests.concurrency import Concurrency
from topicsmith.llm.requests.refusals import cure
from topicsmith.llm.requests.retries import RetryBudget, backoff_s

OVERLOADED = (503, 529)


@dataclass(frozen=True)
class PacingSettings:
    """How hard to drive a provider, and how long to bear with it; times in seconds."""

    concurrency: int = 50
    """Calls in flight at once, at most: open, or answered and not durable yet."""
    attempts: int = 6
    """Tries of one request that fail for other reasons than limits and outages."""
    longest_wait_s: float = 600.0
    """A wait asked for that is longer stops the run; it can be resumed."""
    first_answer_s: float = 120.0
    """How long a provider that has not answered once may go on failing."""
    outage_s: float = 5400.0
    """How long a provider that has answered may stay away."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call under way: its number, and whether it only tries if the provider is back."""

    number: int
    trial: bool


class Pacer:
    """Says when to send, and is told how each call ended."""

    def __init__(
        self, settings: PacingSettings, clock: Callable[[], float] = time.monotonic, random: Random | None = None
    ) -> None:
        """Start with nothing open; ``random`` gives the jitter."""
        self.settings = settings
        self.clock = clock
        self.concurrency = Concurrency(settings.concurrency)
        self._random = random or Random()  # noqa: S311  # jitter is no secret
        self._breaker = Breaker(self._random)
        self._budget = RetryBudget(clock())
        self._gate = -math.inf
        self._bursts = 0
        self._answered = False
        self._good_at = clock()

    def wait_s(self) -> float:
        """Seconds until a call may go out: 0 now, infinity when an open call has to end first."""
        now = self.clock()
        if self.concurrency.open_calls >= self.concurrency.limit:
            return math.inf
        if not self._breaker.closed and self.concurrency.open_calls:
            return math.inf
        return max(0.0, self._gate - now, self._breaker.open_until - now)

    def retry_wait_s(self) -> float:
        """Seconds until the retry budget allows another try."""
        return self._budget.wait_s(self.clock())

    def sent(self, *, retry: bool = False, first: bool = True) -> Call:
        """Count a call that goes out now: the ``first`` of its row, a ``retry`` after a failure, or neither."""
        if retry:
            self._budget.spend()
        elif first:
            self._budget.earn()
        return Call(self.concurrency.sent(), not self._breaker.closed)

    def answered(self, call: Call) -> None:  # noqa: ARG002  # every ending names its call
        """The call brought an answer, or a refusal that concerns its row alone."""
        now = self.clock()
        self.concurrency.answered(now)
        self._answered = True
        self._good_at = now
        self._bursts = 0
        if self._breaker.succeeded():
            self.concurrency.start_slowly()

    def abandoned(self, call: Call) -> None:  # noqa: ARG002
        """The call was given up by us."""
        self.concurrency.ended()

    def limited(self, call: Call, failure: ProviderFailure) -> None:
        """The provider has had too many calls.

        Raises:
            StoppedError: when it asks for a longer wait than the settings bear with.
        """
        now = self.clock()
        asked = failure.retry_after_s
        if asked is not None and asked > self.settings.longest_wait_s:
            self.concurrency.ended()
            raise StoppedError(f"{failure}: asks to wait {asked:.0f} s; everything is kept, run again after that")
        wait = asked if asked is not None else backoff_s(self._bursts + 1, self._random)
        if self.concurrency.refused(call.number, now, wait):
            self._bursts += 1
            self._gate = max(self._gate, now + wait)
        elif asked is not None:
            self._gate = max(self._gate, now + wait)
        self._check_patience(now, failure)

    def failed(self, call: Call, failure: ProviderFailure, attempt: int) -> float | None:
        """The call failed in a way that may pass; gives the seconds before the next try, or ``None`` for no more.

        ``attempt`` counts the tries of this request so far that count: those to see whether a provider is back do not.

        Raises:
            UpstreamError: when the provider has been away for longer than the settings bear with.
        """
        now = self.clock()
        self.concurrency.ended()
        self._breaker.failed(now, trial=call.trial)
        if failure.retry_after_s is not None:
            self._gate = max(self._gate, now + min(failure.retry_after_s, self.settings.longest_wait_s))
        self._check_patience(now, failure)
        if self.counts(call) and attempt >= self.settings.attempts:
            return None
        return backoff_s(attempt, self._random)

    def counts(self, call: Call) -> bool:
        """Whether a failure of ``call`` uses up an attempt of its request: not while the provider is down."""
        return self._breaker.closed and not call.trial

    def timed_out(self, call: Call, failure: ProviderFailure, attempt: int) -> float | None:
        """The call was given up: as :meth:`failed`, and fewer are open from now on, since nobody else says so."""
        self.concurrency.refused(call.number, self.clock(), self.settings.first_answer_s)
        self.concurrency.open_calls += 1  # which failed() takes away
        return self.failed(call, failure, attempt)

    def suspected(self, call: Call, tries: int) -> None:  # noqa: ARG002
        """The call was refused, perhaps as every call will be: wait, then find out with one call alone."""
        self.concurrency.ended()
        self.concurrency.start_slowly()
        self._gate = max(self._gate, self.clock() + backoff_s(tries, self._random))

    def exhausted(self, call: Call) -> None:  # noqa: ARG002
        """This machine could not open the call (no file handles or ports left): carry on with what it can carry."""
        self.concurrency.ended()
        self.concurrency.shrink_to_open()
        self._gate = max(self._gate, self.clock() + backoff_s(1, self._random))

    def _check_patience(self, now: float, failure: ProviderFailure) -> None:
        patience = self.settings.outage_s if self._answered else self.settings.first_answer_s
        if now - self._good_at > patience:
            since = "" if self._answered else "at all, "
            said = f"no answer {since}for {now - self._good_at:.0f} s: {failure}; everything is kept, run again later"
            raise UpstreamError(f"{said}{cure(str(failure))}")
