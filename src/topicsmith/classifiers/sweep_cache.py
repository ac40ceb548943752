"""What the members of a sweep have in common, computed once for all of them."""

from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


class SweepCache:
    """Things made once, by key. The train stage gives one to all members of a sweep, and a new one to the next."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._made: dict[tuple[str, ...], object] = {}

    def get(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What ``make`` gave for ``key`` when it was first asked for; the key says everything that decides it."""
        if key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])
