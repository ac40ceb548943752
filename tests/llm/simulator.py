"""A provider with a hidden limit on calls at once, in virtual time: events in a heap, no waiting."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from topicsmith.llm.errors import RateLimited
from topicsmith.llm.requests.pacing import Call, Pacer, PacingSettings


@dataclass
class Outcome:
    """What the simulated run came to; ``sent_at`` holds the time of every call."""

    seconds: float
    refused: int
    sent_at: list[float]
    refused_at: list[float]

    @property
    def refused_share(self) -> float:
        """Refused calls among all calls."""
        return self.refused / len(self.sent_at)


def simulate(
    rows: int,
    capacity: Callable[[float], int],
    *,
    latency_s: float = 0.5,
    retry_after_s: float | None = 1.0,
    concurrency: int = 50,
) -> Outcome:
    """Label ``rows`` rows against a provider that takes ``capacity(now)`` calls at once."""
    now = 0.0
    pacer = Pacer(PacingSettings(concurrency), lambda: now, Random(1))
    events: list[tuple[float, int, str, Call]] = []
    outcome = Outcome(0.0, 0, [], [])
    inside, left, done, serial = 0, rows, 0, 0

    def after(delay: float, kind: str, call: Call) -> None:
        nonlocal serial
        serial += 1
        heapq.heappush(events, (now + delay, serial, kind, call))

    while done < rows:
        while left and pacer.wait_s() == 0:
            left -= 1
            outcome.sent_at.append(now)
            after(0.002, "arrives", pacer.sent())
        pause = pacer.wait_s() if left else math.inf
        if not events or events[0][0] > now + pause:
            now += pause
            continue
        now, _, kind, call = heapq.heappop(events)
        if kind == "arrives" and inside < capacity(now):
            inside += 1
            after(latency_s, "finishes", call)
        elif kind == "arrives":
            after(0.002, "refused", call)
        elif kind == "finishes":
            inside -= 1
            after(0.002, "answered", call)
        elif kind == "refused":
            outcome.refused += 1
            outcome.refused_at.append(now)
            left += 1
            pacer.limited(call, RateLimited("429", status=429, retry_after_s=retry_after_s))
        else:
            done += 1
            pacer.answered(call)
    outcome.seconds = now
    return outcome
