"""Repeated draws of judged and counted rows, near-copies together: what the intervals of corrected shares rest on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from topicsmith.shares.rows import ShareRows
from topicsmith.statistics.intervals import FloatArray

DRAWS = 1000
_CELLS = 4_000_000  # numbers held at once


@dataclass(frozen=True)
class GroupPatterns:
    """Groups of near-copies by what is in them: ``often`` groups hold ``rows`` rows of each of ``cells``.

    ``rows`` is sparse, of shape (patterns, cells). Groups with the same rows in them are drawn together, so that a
    million rows cost no more than the different answers there are.
    """

    often: FloatArray
    rows: Any  # scipy's csr_matrix
    size: int
    cells: tuple[int, ...]

    def drawn(self, rng: np.random.Generator, draws: int) -> FloatArray:
        """How much each cell weighs in each draw, of shape (draws, size): a weight of its own for every group.

        Source: D. B. Rubin 1981, "The Bayesian bootstrap", Annals of Statistics 9; the weights are exponential, and
        those of groups alike add up to a gamma variable.
        """
        found = np.zeros((draws, self.size))
        if len(self.often):
            weights = rng.standard_gamma(self.often, (draws, len(self.often)))
            found[:, list(self.cells)] = weights @ self.rows
        return found


def group_patterns(rows: ShareRows) -> GroupPatterns:
    """The patterns of groups among ``rows``, over the cells of :meth:`ShareRows.cells`."""
    from scipy.sparse import csr_matrix

    cells, groups = rows.cells(), rows.groups
    sizes = np.bincount(groups, minlength=1)
    alone = sizes[groups] == 1
    often: Counter[tuple[int, ...]] = Counter()
    for cell, count in zip(*np.unique(cells[alone], return_counts=True), strict=True):
        often[(int(cell),)] = int(count)
    several = np.flatnonzero(~alone)
    order = several[np.lexsort((cells[several], groups[several]))]
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    often.update(tuple(part.tolist()) for part in np.split(cells[order], starts[1:]) if len(part))
    present = sorted({cell for pattern in often for cell in pattern})
    place = {cell: at for at, cell in enumerate(present)}
    where = [(at, place[cell]) for at, pattern in enumerate(often) for cell in pattern]
    at, column = np.array(where, dtype=np.int64).reshape(-1, 2).T
    held = csr_matrix((np.ones(len(where)), (at, column)), shape=(len(often), len(present)))
    size = (rows.topics + 1) * rows.outputs
    return GroupPatterns(np.array(list(often.values()), dtype=float), held, size, tuple(present))


def cell_draws(judged: ShareRows, traffic: ShareRows, draws: int, seed: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Draws of both sets of rows, in blocks: weights by true topic and output, of shape (some, topics + 1, outputs)."""
    rng = np.random.default_rng(seed)
    patterns = group_patterns(judged), group_patterns(traffic)
    shape = (judged.topics + 1, judged.outputs)
    step = max(1, _CELLS // max(patterns[0].size, *(len(each.often) for each in patterns)))
    for start in range(0, draws, step):
        some = min(step, draws - start)
        first, second = (each.drawn(rng, some).reshape(some, *shape) for each in patterns)
        yield first, second
