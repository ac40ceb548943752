"""How long a load test has to last, and how far its rate can be trusted: the method of batch means.

What a server answers in one second says much about the next, so answers are no independent draws. A run is cut into
ten stretches of equal time; their rates are nearly independent once the stretches are long against the server's
moods, and Student's t over the ten gives the interval. The longer the run, the longer the stretches.

Source: Law 2015, "Simulation modeling and analysis", 5th edition, section 9.5.3 (batch means); stopping when the
relative width is small enough is its section 9.5.3.2 (sequential procedures).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from topicsmith.statistics.intervals import FloatArray

BATCHES = 10
STUDENT = 2.262157
"""The 97.5 % point of Student's t with nine degrees of freedom."""

FEWEST = 30
"""With fewer answers than this nothing is said about how far a rate can be trusted."""


@dataclass(frozen=True)
class Length:
    """How long one measurement lasts, in seconds: ``least``, then until the rate is known, ``most`` in any case.

    Known is a rate whose 95 % interval reaches at most ``precision`` to either side, as a share of it; ``None`` stops
    after ``least``.
    """

    least: float = 5.0
    most: float = 60.0
    precision: float | None = 0.05


@dataclass(frozen=True)
class Range:
    """A figure and its 95 % interval; ``None`` where it is not known."""

    value: float | None
    low: float | None = None
    high: float | None = None


def rate(finished: Sequence[float], seconds: float) -> Range:
    """Answers a second over ``seconds``, from the moments at which they came."""
    inside = [moment for moment in finished if moment <= seconds]
    value = len(inside) / seconds
    if len(inside) < FEWEST:
        return Range(value)
    counts, _ = np.histogram(inside, bins=BATCHES, range=(0.0, seconds))
    half = _half_width(counts / (seconds / BATCHES))
    return Range(value, max(0.0, value - half), value + half)


def is_known(found: Range, precision: float) -> bool:
    """Whether the interval of ``found`` reaches at most ``precision`` to either side, as a share of its value."""
    if not found.value or found.high is None:
        return False
    return found.high - found.value <= precision * found.value


def _half_width(parts: FloatArray) -> float:
    return STUDENT * float(parts.std(ddof=1)) / sqrt(BATCHES)


class Watch:
    """Says whether to go on measuring; asked often, it looks only when a tenth more time has passed.

    ``lasted`` is when it said no, or was last asked, in seconds from the start: texts were sent until then.
    """

    def __init__(self, length: Length, finished: Sequence[float]) -> None:
        """``finished`` grows while the loop runs: the moments at which answers came."""
        self._length, self._finished = length, finished
        self._next = length.least
        self._stopped = False
        self.lasted = 0.0

    def goes_on(self, elapsed: float) -> bool:
        """Whether more is to be sent ``elapsed`` seconds after the start."""
        length = self._length
        if self._stopped:
            return False
        self.lasted = elapsed
        if elapsed < self._next:
            return True
        self._stopped = (
            length.precision is None
            or elapsed >= length.most
            or is_known(rate(self._finished, elapsed), length.precision)
        )
        self._next = min(max(1.1 * elapsed, elapsed + 0.05), length.most)
        return not self._stopped
