"""When a failed call may be sent again: backoff with jitter, and a budget that keeps retries a small share of calls.

Full jitter after Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015); the budget after the one
of Finagle: each first call earns a tenth of a retry, and one every two seconds is always allowed.
"""

from random import Random

FIRST_S = 0.5
LONGEST_S = 30.0


def backoff_s(attempt: int, random: Random) -> float:
    """Seconds to wait before the try after ``attempt`` (1 for the first) failed."""
    return random.uniform(0.1, min(LONGEST_S, FIRST_S * 2.0 ** min(attempt, 10)))


class RetryBudget:
    """How many retries are allowed: ``share`` of the first calls, plus ``per_second``, at most ``most`` saved up."""

    def __init__(self, now: float, share: float = 0.1, per_second: float = 0.5, most: float = 100.0) -> None:
        self._share = share
        self._per_second = per_second
        self._most = most
        self._balance = 10.0
        self._at = now

    def earn(self) -> None:
        """Count a first call."""
        self._balance = min(self._most, self._balance + self._share)

    def wait_s(self, now: float) -> float:
        """Seconds until one retry is allowed; 0 when it is allowed now."""
        self._balance = min(self._most, self._balance + (now - self._at) * self._per_second)
        self._at = now
        return 0.0 if self._balance >= 1.0 else (1.0 - self._balance) / self._per_second

    def spend(self) -> None:
        """Count a retry."""
        self._balance -= 1.0
