"""How much of the machine other programs use while something is timed."""

import os
from pathlib import Path

_STAT = Path("/proc/stat")
_NOT_BUSY = (3, 4)  # the columns idle and iowait
_GUESTS = 8  # the columns after it are counted in others already


class OtherPrograms:
    """Counts from when it is made. Only Linux tells; elsewhere nothing is known."""

    def __init__(self) -> None:
        """Begin to count."""
        self._before = _seconds()

    def share(self) -> float | None:
        """The share of all processors that other programs have used so far; ``None`` where that is not known."""
        after = _seconds()
        if self._before is None or after is None:
            return None
        whole, busy, own = (now - then for now, then in zip(after, self._before, strict=True))
        return min(1.0, max(0.0, busy - own) / whole) if whole > 0 else None


def _seconds() -> tuple[float, float, float] | None:
    """Seconds of all processors, of those the busy ones, and of those our own and our finished children's."""
    try:
        columns = [int(column) for column in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]]
    except OSError:
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    whole = sum(columns[:_GUESTS])
    idle = sum(columns[column] for column in _NOT_BUSY)
    used = os.times()
    own = used.user + used.system + used.children_user + used.children_system
    return whole / ticks, (whole - idle) / ticks, own
