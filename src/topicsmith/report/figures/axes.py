"""Axes: where a value stands, in per cent of the drawing's width or height, and which ticks are written."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its place in per cent, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True)
class Axis:
    """A stretch of values, linear or logarithmic.

    >>> Axis(0.0, 2.0).place(0.5), Axis(1.0, 100.0, log=True).place(10)
    (25.0, 50.0)
    """

    low: float
    high: float
    log: bool = False
    ticks: tuple[Tick, ...] = ()

    def place(self, value: float) -> float:
        """Where ``value`` stands, from 0 to 100; values beyond the ends stand at the ends."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(max(value, self.low))
        return round(min(max(100 * (at - low) / (high - low), 0.0), 100.0), 2)


_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


def share_axis(values: Iterable[float], write: Callable[[float], str], most: int = 6) -> Axis:
    """An axis for shares that holds all ``values``, ends on round figures and stays between 0 and 1."""
    found = list(values) or [0.0, 1.0]
    low, high = max(min(found), 0.0), min(max(found), 1.0)
    step = next((s for s in _STEPS if math.ceil(high / s) - math.floor(low / s) <= most), 0.25)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = min(max(last, first + 1), round(1 / step))
    first = min(first, last - 1)
    ticks = [place * step for place in range(first, last + 1)]
    axis = Axis(ticks[0], ticks[-1])
    return Axis(ticks[0], ticks[-1], ticks=tuple(Tick(axis.place(t), write(t)) for t in ticks))


def value_axis(values: Iterable[float], write: Callable[[float], str], most: int = 6) -> Axis:
    """An axis from zero for counts and other amounts."""
    high = max(values, default=1.0) or 1.0
    step = _round_up(high / most)
    last = math.ceil(high / step - 1e-9)
    axis = Axis(0.0, last * step)
    return Axis(0.0, last * step, ticks=tuple(Tick(axis.place(n * step), write(n * step)) for n in range(last + 1)))


def _round_up(value: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value - 1e-12)


def log_axis(values: Iterable[float], write: Callable[[float], str], most: int = 7) -> Axis:
    """A logarithmic axis over the positive ``values``, with ticks at powers of ten, or 1-2-5 when they are few."""
    found = [value for value in values if value > 0] or [1.0]
    low, high = min(found) / 1.3, max(found) * 1.3
    at = _round_figures(low, high, most)
    while len(at) < 2:  # too narrow for round figures
        low, high = low / 1.3, high * 1.3
        at = _round_figures(low, high, most)
    axis = Axis(low, high, log=True)
    return Axis(low, high, True, tuple(Tick(axis.place(t), write(t)) for t in at))


def _round_figures(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between two values, or 1-2-5 when they are few, or every second or third when they are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    at: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        at = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(at) <= most:
            break
    return at[:: -(-len(at) // most)] if len(at) > most else at
