"""Batches of pieces of like length, so that little is computed on padding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from topicsmith.classifiers.training_targets import IntArray

_POOL = 50
"""Batches that are sorted together: enough for little padding, few enough that batches stay mixed."""


Side = Literal["right", "left"]


@dataclass(frozen=True)
class Padding:
    """The token that fills up shorter pieces, and on which side of them."""

    id: int
    side: Side = "right"


def training_batches(lengths: IntArray, order: IntArray, size: int, seed: int, epoch: int) -> list[IntArray]:
    """The rows in ``order`` shuffled into batches of ``size`` of like length.

    Depends on ``seed`` and ``epoch`` alone, so that an interrupted epoch can be taken up in its middle.
    """
    rng = np.random.default_rng([seed, epoch])
    shuffled = rng.permutation(order)
    batches: list[IntArray] = []
    for start in range(0, len(shuffled), size * _POOL):
        pool = shuffled[start : start + size * _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[at : at + size] for at in range(0, len(pool), size)]
    return [batches[index] for index in rng.permutation(len(batches))]


def inference_batches(lengths: IntArray, size: int = 64, tokens: int = 8192) -> list[IntArray]:
    """All rows, shortest first, in batches of at most ``size`` rows and ``tokens`` padded tokens."""
    batches: list[IntArray] = []
    current: list[int] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        if current and (len(current) == size or (len(current) + 1) * lengths[row] > tokens):
            batches.append(np.array(current, dtype=np.int64))
            current = []
        current.append(row)
    if current:
        batches.append(np.array(current, dtype=np.int64))
    return batches


def pad(pieces: Sequence[IntArray], padding: Padding) -> tuple[IntArray, IntArray]:
    """Token ids and attention mask of shape (pieces, longest)."""
    longest = max(len(piece) for piece in pieces)
    ids = np.full((len(pieces), longest), padding.id, dtype=np.int64)
    mask = np.zeros((len(pieces), longest), dtype=np.int64)
    for row, piece in enumerate(pieces):
        start = longest - len(piece) if padding.side == "left" else 0
        ids[row, start : start + len(piece)] = piece
        mask[row, start : start + len(piece)] = 1
    return ids, mask
