"""A working set out of a stream: seeded, the same whatever the order of the rows, in bounded memory.

Every query gets a pseudo-random rank from the seed and its id, and the lowest ranks win: a uniform sample without
replacement (bottom-k, Cohen and Kaplan 2007), of which about twice its size is held at most. Evenly by a path, each
value of it keeps its lowest ranks, as many as an even share allows.
"""

import hashlib
import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from topicsmith.project import SampleSettings

SampleRow = tuple[object, ...]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Sample(Protocol):
    """Where rows go; ``full`` says that no further row can matter."""

    def offer(self, name: str, stratum: str, row: SampleRow) -> None:
        """Take a row called ``name`` into account."""

    def full(self) -> bool:
        """Whether reading on is useless."""

    def rows(self) -> Iterator[SampleRow]:
        """What was chosen, in the order in which it came."""


class First:
    """The first ``size`` rows."""

    def __init__(self, size: int) -> None:
        """Take ``size`` rows."""
        self._size = size
        self._rows: list[SampleRow] = []

    def offer(self, name: str, stratum: str, row: SampleRow) -> None:  # noqa: ARG002
        """Take the row while there is room."""
        if not self.full():
            self._rows.append(row)

    def full(self) -> bool:
        """Whether there are enough."""
        return len(self._rows) == self._size

    def rows(self) -> Iterator[SampleRow]:
        """The rows."""
        return iter(self._rows)


class Ranked:
    """``size`` rows at random, evenly over the strata; one stratum makes it a uniform sample."""

    def __init__(self, size: int, seed: int) -> None:
        """Choose ``size`` rows by the ranks that ``seed`` gives."""
        self._size = size
        self._key = seed.to_bytes(8, "big", signed=True)
        self._strata: dict[str, list[tuple[int, int, SampleRow]]] = {}
        self._counts: dict[str, int] = {}
        self._held = 0
        self._limit = size
        self._came = 0

    def offer(self, name: str, stratum: str, row: SampleRow) -> None:
        """Keep the row if its rank is among the lowest of its stratum."""
        rank = int.from_bytes(
            hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8, key=self._key).digest(), "big"
        )
        self._came += 1
        heap = self._strata.setdefault(stratum, [])
        entry = (-rank, self._came, row)
        if len(heap) < self._limit:
            heapq.heappush(heap, entry)
            self._held += 1
        else:
            heapq.heappushpop(heap, entry)
        if self._held >= 2 * self._size + 100:
            self._trim()

    def full(self) -> bool:
        """Never: a later row may have a lower rank."""
        return False

    def rows(self) -> Iterator[SampleRow]:
        """What was chosen, in the order in which it came."""
        share, left = self._share()
        chosen = [entry for heap in self._strata.values() for entry in heapq.nlargest(share, heap)]
        if left:  # rows beyond an even share go to the strata whose next row has the lowest rank
            following = [heapq.nlargest(share + 1, heap)[share] for heap in self._strata.values() if len(heap) > share]
            chosen += heapq.nlargest(left, following)
        for entry in sorted(chosen, key=lambda entry: entry[1]):
            yield entry[2]

    def _share(self) -> tuple[int, int]:
        """How many rows every stratum may give at most, and how many rows that leaves over."""
        return even_share([len(heap) for heap in self._strata.values()], self._size)

    def _trim(self) -> None:
        """Let go of rows that no later row can bring back: an even share only shrinks as rows come."""
        share, _ = self._share()
        if self._held <= self._size:
            return
        self._limit = share + 1
        for name, heap in list(self._strata.items()):
            if len(heap) > self._limit:
                self._strata[name] = heapq.nlargest(self._limit, heap)
                heapq.heapify(self._strata[name])
        if len(self._strata) > 2 * self._size:
            best = heapq.nlargest(self._size, self._strata, key=lambda name: max(self._strata[name])[:2])
            self._strata = {name: self._strata[name] for name in best}
        self._held = sum(map(len, self._strata.values()))


def even_share(counts: Sequence[int], size: int) -> tuple[int, int]:
    """The largest ``share`` for which strata of ``counts`` rows, giving at most ``share`` each, give at most ``size``.

    Also how many rows are then still wanted.
    """
    remaining = size
    for position, count in enumerate(sorted(counts)):
        strata = len(counts) - position
        if count * strata > remaining:
            share = remaining // strata
            return share, remaining - share * strata
        remaining -= count
    return max(counts, default=0), 0


def make_sample(settings: SampleSettings) -> Sample:
    """The sampler that ``settings`` ask for."""
    return First(settings.size) if settings.order == "first" else Ranked(settings.size, settings.seed)


def value_at(metadata: Mapping[str, object], path: str) -> str:
    """What stands at ``path`` in a trace's metadata, as text, ``""`` where there is nothing.

    A path is of names and positions: ``mcp_servers[0].labels.primary_label``. It may begin with ``metadata.``; where
    the trace has a field of that name, that is looked into.
    """
    value: object = {"metadata": metadata, **metadata}
    if path.startswith("metadata.") and "metadata" not in metadata:
        value, path = metadata, path.removeprefix("metadata.")
    for name, position in _STEP.findall(path):
        if name and isinstance(value, Mapping):
            value = value.get(name)
        elif position and isinstance(value, list) and int(position) < len(value):
            value = value[int(position)]
        else:
            return ""
    return "" if value is None else str(value)
