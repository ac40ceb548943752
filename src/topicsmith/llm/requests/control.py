"""What other threads tell the scheduler's loop: to stop, and that outcomes were taken; and how the loop waits."""

import asyncio
import math
import time


class Control:
    """Stopping and waking one loop. ``stop`` and ``delivered`` are called from any thread, the rest from the loop's.

    Attributes:
        stopped_at: when it was told to stop, on the monotonic clock.
        drain_s: how long calls under way may still take then.
        read: how many outcomes the caller has taken.
    """

    def __init__(self, drain_s: float) -> None:
        self.stopped_at: float | None = None
        self.drain_s = drain_s
        self.read = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Future[None] | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake this loop from now on."""
        self._loop = loop

    def stop(self, drain_s: float | None = None) -> None:
        """Send nothing more; calls under way may take ``drain_s`` seconds."""
        if drain_s is not None:
            self.drain_s = drain_s
        if self.stopped_at is None:
            self.stopped_at = time.monotonic()
        self._wake_from_outside()

    def delivered(self, number: int) -> None:
        """Count outcomes the caller has taken."""
        self.read += number
        self._wake_from_outside()

    def _wake_from_outside(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(self.wake)
            except RuntimeError:  # closed in between: there is nobody left to tell
                return

    async def pause(self, seconds: float) -> None:
        """Sleep until woken, or so long."""
        assert self._loop is not None
        self._woken = woken = self._loop.create_future()
        timer = None if seconds == math.inf else self._loop.call_later(seconds, self.wake)
        await woken
        if timer is not None:
            timer.cancel()

    def wake(self) -> None:
        """End a pause."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)
