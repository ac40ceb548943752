"""How many calls may be open at once: found from what the provider refuses, without knowing its limits.

Additive increase, decrease on refusal, once per burst: of the calls open when the first refusal came, those that are
not refused too tell what the provider takes at once, and that is the new limit. When bursts follow each other closely
that reading means nothing (a limit per minute, say) and the limit shrinks by a factor. A limit found this way is held,
and tried again from time to time: rarely after a refusal, because each one makes everybody wait, and then in steps that
double while they go well, so that a raised limit is found soon.
"""

SHRINK = 0.7
PROBE_WAITS = 26.0  # a wait costs the work of about half of it: 2 % of the time goes into trying
HOLD_GROWTH = 1.25
LONGEST_HOLD_S = 300.0


class Concurrency:
    """The limit on open calls; times are seconds of a clock that only goes forward.

    Attributes:
        limit: how many calls may be open.
        open_calls: how many are.
    """

    def __init__(self, most: int) -> None:
        """Start at ``most``, which is never exceeded."""
        self.most = most
        self.limit = most
        self.open_calls = 0
        self._serial = 0
        self._burst = 0  # calls up to this one belong to the burst seen last
        self._taken = most  # calls the provider took at the last burst
        self._known = most  # the limit to grow back to
        self._before = most
        self._since_burst = 0
        self._since_raise = 0
        self._close = False  # whether the last burst came soon after the one before
        self._doubling = False
        self._step = 1
        self._hold_s = 0.0
        self._probe_at = 0.0

    @property
    def last(self) -> int:
        """The number of the call sent last."""
        return self._serial

    def sent(self) -> int:
        """Count a call as open; gives the number to name it by."""
        self.open_calls += 1
        self._serial += 1
        return self._serial

    def ended(self) -> None:
        """Count a call as over, with neither an answer nor a refusal."""
        self.open_calls -= 1

    def answered(self, now: float) -> None:
        """Count an answered call, and raise the limit where that is due."""
        self.open_calls -= 1
        self._since_burst += 1
        self._since_raise += 1
        if self.limit >= self.most:
            return
        if self._doubling and self.limit < self._known:
            self.limit += 1
        elif self._since_raise >= self.limit:
            self._raise(now)

    def _raise(self, now: float) -> None:
        self._doubling = False
        if self.limit < self._known:
            self.limit += 1
        elif now >= self._probe_at and self.open_calls + 1 >= self.limit:
            self.limit = min(self.most, self.limit + self._step)
            self._known = self.limit
            self._step *= 2
        else:
            return
        self._since_raise = 0

    def refused(self, call: int, now: float, wait_s: float) -> bool:
        """Count a call refused for being one too many; gives whether it starts a new burst.

        ``wait_s`` is how long everybody waits for it, which sets how rarely the limit is tried.
        """
        self.open_calls -= 1
        new = call > self._burst
        if new:
            self._burst = self._serial
            self._before = self.limit
            self._taken = self.open_calls
            failed_probe = self._step <= 2
            base = PROBE_WAITS * max(wait_s, 0.5)
            self._hold_s = min(LONGEST_HOLD_S, max(base, HOLD_GROWTH * self._hold_s if failed_probe else base))
            self._probe_at = now + self._hold_s
            self._step = 1
            self._close = self._since_burst < 10 * self._before and self._before < self.most
            self._since_burst = self._since_raise = 0
        else:
            self._taken -= 1
        self._known = max(1, min(self._taken, self._before))
        self.limit = max(1, min(self._known, int(self._before * SHRINK))) if self._close else self._known
        return new

    def start_slowly(self) -> None:
        """Begin again with one call, doubling up to the limit known, as after an outage."""
        self.limit = 1
        self._doubling = True

    def shrink_to_open(self) -> None:
        """Never again have more calls open than now: the machine itself can carry no more."""
        self.most = max(1, self.open_calls)
        self.limit = min(self.limit, self.most)
        self._known = min(self._known, self.most)
