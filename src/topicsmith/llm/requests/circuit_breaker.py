"""The breaker: stops sending while a provider is down, and tries with single calls whether it is back."""

from collections import deque
from random import Random

WINDOW = 20
SHORTEST_S = 1.0
LONGEST_S = 60.0


class Breaker:
    """Closed while things go well; open after failures in a row; half open when one call may try.

    Attributes:
        open_until: the time before which nothing is sent, seconds of the caller's clock; 0 when closed.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._pause_s = SHORTEST_S
        self.open_until = 0.0
        self.closed = True

    def succeeded(self) -> bool:
        """Count a call that went well; gives whether the breaker closes with it."""
        self._recent.append(True)
        if self.closed:
            return False
        self.closed = True
        self.open_until = 0.0
        self._pause_s = SHORTEST_S
        self._recent.clear()
        return True

    def failed(self, now: float, *, trial: bool) -> None:
        """Count a call that failed; ``trial`` when it was sent to see whether the provider is back."""
        if self.closed:
            self._recent.append(False)
            if len(self._recent) >= WINDOW // 2 and sum(self._recent) <= len(self._recent) * 0.2:
                self.closed = False
                self._open(now)
        elif trial:
            self._pause_s = min(LONGEST_S, 2 * self._pause_s)
            self._open(now)

    def _open(self, now: float) -> None:
        self.open_until = now + self._pause_s * self._random.uniform(0.5, 1.0)
