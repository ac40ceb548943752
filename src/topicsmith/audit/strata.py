"""The groups of near-copies that an audit draws from, and in which strata: agreement, and how sure the answer is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray, IntArray

TERCILES = ("low", "middle", "high")
FEWEST_GROUPS = 30
"""Groups of one agreement below which it is one stratum."""
_SURE = 0.85  # nobody is expected to be right more often than this before a person has looked


@dataclass(frozen=True)
class AuditFrame:
    """What can be drawn: groups of near-copies, in numbers.

    ``ids`` are the rows of each group; ``strata`` names the stratum of each, and ``expected`` is how right the answer
    to its rows is expected to be.
    """

    ids: tuple[tuple[str, ...], ...]
    sizes: IntArray
    strata: tuple[str, ...]
    expected: FloatArray


def stratum_names(agreed: NDArray[np.bool_], sure: FloatArray, sizes: IntArray, split: bool = True) -> list[str]:
    """The stratum of each group: agreed or not, and within each the third of its rows by how ``sure`` the answer is.

    Groups that are as sure fall into the same third. Where few groups are, or with ``split`` false, agreement alone
    decides.
    """
    names = np.array(["agreed" if each else "not agreed" for each in agreed], dtype=object)
    for name in ("agreed", "not agreed"):
        inside = np.flatnonzero(names == name)
        if not split or len(inside) < FEWEST_GROUPS or np.ptp(sure[inside]) == 0:
            continue
        order = inside[np.argsort(sure[inside], kind="stable")]
        reached = np.cumsum(sizes[order]) / sizes[order].sum()
        # A value belongs to the third in which the middle of its rows lies.
        values, code = np.unique(sure[order], return_inverse=True)
        last = np.zeros(len(values))
        np.maximum.at(last, code, reached)
        first = np.concatenate([[0.0], last[:-1]])
        third = np.minimum(2, ((first + last) / 2 * 3).astype(int))
        for position, value in zip(order, third[code], strict=True):
            names[position] = f"{name}, {TERCILES[value]} confidence"
    return [str(name) for name in names]


def sureness(confidence: FloatArray, shared: FloatArray) -> FloatArray:
    """How sure answers are: what the classifier says of itself, and the annotators who say the same, alike.

    Args:
        confidence: of each answer, NaN where it has none.
        shared: the share of annotators who gave the same topic.
    """
    found: FloatArray = np.where(np.isnan(confidence), shared, (confidence + shared) / 2)
    return found


def expected_right(sure: FloatArray | float) -> FloatArray:
    """How right answers that are so ``sure`` are expected to be: both parts are known to flatter.

    >>> expected_right(np.array([0.99, 0.6])).tolist()
    [0.85, 0.6]
    """
    clipped: FloatArray = np.clip(np.asarray(sure, dtype=float), 1 - _SURE, _SURE)
    return clipped
