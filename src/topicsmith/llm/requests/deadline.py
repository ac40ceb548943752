"""How long a call may take: the time given, and more where a service does answer, only slowly.

A server that answers one call at a time makes those behind wait for those before. Throwing away calls that are about to
be answered pays for nothing; so a call may take a few times as long as answers took lately, within bounds.
"""

import asyncio
import time
from collections import deque

from topicsmith.llm.errors import TimedOut
from topicsmith.llm.http import Client, Response
from topicsmith.llm.types import HttpRequest

LONGEST = 10.0
"""A call may take this many times the time given, at most."""

_SLACK = 3.0
_LATELY = 100


class Deadline:
    """The seconds that a call may take now."""

    def __init__(self, given_s: float) -> None:
        """Begin with ``given_s``."""
        self.given_s = given_s
        self._lately: deque[float] = deque(maxlen=_LATELY)
        self._unanswered = 1.0

    @property
    def seconds(self) -> float:
        """The time given, or what the slowest of the last answers makes likely."""
        slowest = max(self._lately, default=0.0)
        return min(LONGEST * self.given_s, max(self.given_s * self._unanswered, _SLACK * slowest))

    def answered(self, took_s: float) -> None:
        """Take note of an answer."""
        self._lately.append(took_s)
        self._unanswered = 1.0

    def missed(self) -> None:
        """Take note of a call that was given up; while nothing was ever answered the next ones get twice the time."""
        if not self._lately:
            self._unanswered = min(LONGEST, 2 * self._unanswered)


async def post_within(client: Client, request: HttpRequest, deadline: Deadline, provider: str) -> Response:
    """Send ``request``; the deadline is looked at again when it is over, since others may have been answered.

    Raises:
        ProviderFailure: as ``client.post`` does, and ``TimedOut``.
    """
    started = time.monotonic()
    call = asyncio.ensure_future(client.post(request))
    try:
        while True:
            left = started + deadline.seconds - time.monotonic()
            if left <= 0:
                deadline.missed()
                raise TimedOut(f"{provider}: no complete response within {time.monotonic() - started:.3g} s")
            await asyncio.wait({call}, timeout=left)
            if call.done():
                return call.result()
    finally:
        if not call.done():
            call.cancel()
            await asyncio.wait({call})
