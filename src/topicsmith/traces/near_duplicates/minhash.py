"""Groups of queries that say the same, or nearly: MinHash over word pairs, banded, in numpy.

Broder, "On the resemblance and containment of documents" (1997); the banding is that of Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", section 3.4. A pair of texts whose sets of adjacent word pairs have a Jaccard
similarity of 0.8 is found with probability .985, of 0.9 with .9998, of 0.5 with .40; what is found is then compared
by all hash values and joined from an estimated similarity of ``THRESHOLD`` on. Texts that are equal but for case,
punctuation and white space are always joined.
"""

import tempfile
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import IO

import numpy as np
from numpy.typing import NDArray

from topicsmith.traces.near_duplicates.shingles import LONGEST, U64, mix, word_pairs

HASHES = 32
ROWS = 4  # hash values in a band
BANDS = HASHES // ROWS
THRESHOLD = 0.8

U16 = NDArray[np.uint16]

_BATCH = 20_000
_BATCH_CHARACTERS = 1_000_000


def group_queries(texts: Iterable[str]) -> list[str]:
    """A group's name for each text; near-copies share one. Names follow from the texts, not from their order."""
    grouper = Grouper()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            grouper.add(batch)
            batch = []
    grouper.add(batch)
    return grouper.names()


class Grouper:
    """Takes texts in batches; holds 8 bytes of each, and 64 in a temporary file."""

    def __init__(self) -> None:
        """Start without texts."""
        self._bands = [tempfile.TemporaryFile() for _ in range(BANDS)]  # noqa: SIM115  # closed by the finalizer
        self._exact: list[U64] = []
        weakref.finalize(self, _close, self._bands)

    def add(self, texts: Sequence[str]) -> None:
        """Take more texts."""
        start = 0
        while start < len(texts):
            end, size = start, 0
            while end < len(texts) and (end == start or size < _BATCH_CHARACTERS):
                size += min(len(texts[end]), LONGEST)
                end += 1
            signatures, exact = sign(texts[start:end])
            for band, file in enumerate(self._bands):
                file.write(np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS]).tobytes())
            self._exact.append(exact)
            start = end

    def groups(self) -> NDArray[np.int64]:
        """For each text the position of its group's representative: the member whose text has the smallest hash."""
        exact = self._all_exact()
        if not len(exact):
            return np.zeros(0, dtype=np.int64)
        order = np.argsort(exact, kind="stable")
        parent = _Union(len(exact))
        same = exact[order[1:]] == exact[order[:-1]]
        parent.join(order[1:][same], order[:-1][same])
        distinct = order[np.concatenate(([True], ~same))]  # one text of each kind is enough from here on
        left, right = self._near(distinct)
        parent.join(left, right)
        return parent.smallest(exact)

    def names(self) -> list[str]:
        """For each text the name of its group."""
        return self.names_of(self.groups())

    def names_of(self, groups: NDArray[np.int64]) -> list[str]:
        """The names that belong to a part of what :meth:`groups` gave."""
        exact = self._all_exact()
        return [f"g{value:016x}" for value in exact[groups].tolist()]

    def _all_exact(self) -> U64:
        if len(self._exact) != 1:
            self._exact = [np.concatenate([*self._exact, np.zeros(0, dtype=np.uint64)])]
        return self._exact[0]

    def _near(self, distinct: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of texts that are alike enough."""
        pairs = []
        for band in range(BANDS):
            keys = self._band(band, distinct)
            order = np.argsort(keys, kind="stable")
            starts = np.concatenate(([True], keys[order[1:]] != keys[order[:-1]]))
            first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
            pairs.append(np.stack([order[~starts], first[~starts]]))
            pairs.append(np.stack([order[1:], order[:-1]])[:, ~starts[1:]])
        left, right = np.concatenate(pairs, axis=1)
        codes = np.unique(np.minimum(left, right) * len(distinct) + np.maximum(left, right))
        left, right = codes // len(distinct), codes % len(distinct)
        equal = np.zeros(len(left), dtype=np.int64)
        for band in range(BANDS):
            columns = self._band(band, distinct).view(np.uint16).reshape(-1, ROWS)
            equal += (columns[left] == columns[right]).sum(axis=1)
        alike = equal >= THRESHOLD * HASHES
        return distinct[left[alike]], distinct[right[alike]]

    def _band(self, band: int, rows: NDArray[np.int64]) -> U64:
        """The four hash values of a band as one number, for the texts at ``rows``."""
        file = self._bands[band]
        file.seek(0)
        return np.frombuffer(file.read(), dtype=np.uint64)[rows]


def _close(files: Sequence[IO[bytes]]) -> None:
    for file in files:
        with suppress(OSError):  # what is held back need not be written any more, whatever became of the disk
            file.close()


class _Union:
    """Which positions are joined, by scipy's connected components."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left: list[NDArray[np.int64]] = []
        self._right: list[NDArray[np.int64]] = []

    def join(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
        self._left.append(left)
        self._right.append(right)

    def smallest(self, keys: U64) -> NDArray[np.int64]:
        """For each position the member of its component with the smallest key, the earliest of equal ones."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        left, right = np.concatenate(self._left), np.concatenate(self._right)
        graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(self._size, self._size))
        _, component = connected_components(graph, directed=False)
        order = np.lexsort((np.arange(self._size), keys, component))
        starts = np.concatenate(([True], component[order[1:]] != component[order[:-1]]))
        result = np.empty(self._size, dtype=np.int64)
        result[order] = order[np.maximum.accumulate(np.where(starts, np.arange(self._size), 0))]
        return result


def sign(texts: Sequence[str]) -> tuple[U16, U64]:
    """Sixteen bits of each of ``HASHES`` minima for every text, and a hash of its words in order."""
    pairs, starts, exact = word_pairs(texts)
    signatures = np.empty((len(texts), HASHES), dtype=np.uint16)
    if len(texts):
        for column, multiplier in enumerate(_MULTIPLIERS):
            minima = np.minimum.reduceat(pairs * multiplier, starts)
            signatures[:, column] = (mix(minima.astype(np.uint64)) >> np.uint64(48)).astype(np.uint16)
    return signatures, exact


_MULTIPLIERS = np.random.default_rng(1997).integers(0, 2**32, HASHES, dtype=np.uint32) | np.uint32(1)
