"""A linear head over sentence vectors, with several lobes where a topic is broad.

A broad topic has many centres: told apart as lobes (k-means within the topic) and added up again, queries near none of
them are told from queries between them. On CLINC150's ten domains the energy's AUROC for out-of-scope questions is .97
with lobes and .89 without.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.training_targets import IntArray

Vectors = NDArray[np.float32]
Booleans = NDArray[np.bool_]

_ROWS_A_LOBE, _MOST_LOBES = 100, 20
_ITERATIONS = 100
_LEAST_BLOCK, _MOST_SCORES = 256, 20_000_000
"""Rows whose scores are worked out at a time, and how many scores that may be."""


@dataclass(frozen=True)
class LobedHead:
    """Weights (lobes, width) and intercepts (lobes,) of logits; ``owners`` (lobes,) says whose lobe each is."""

    weights: Vectors
    intercepts: Vectors
    owners: IntArray

    def logits(self, vectors: Vectors) -> Vectors:
        """Shape (texts, lobes)."""
        found: Vectors = vectors @ self.weights.T + self.intercepts
        return found

    def owned(self, owners: IntArray) -> "LobedHead":
        """The head with lobes that belong to ``owners`` (lobes,) now; lobes of -1 are left out."""
        kept = owners >= 0
        return LobedHead(self.weights[kept], self.intercepts[kept], owners[kept])


@dataclass(frozen=True)
class HeadRows:
    """What a head learns from: vectors (rows, width), the share of each class (rows, classes), and weights (rows,)."""

    vectors: Vectors
    shares: Vectors
    weights: Vectors

    @classmethod
    def labelled(cls, vectors: Vectors, classes: IntArray, count: int, weight: float = 1.0) -> "HeadRows":
        """Rows that each belong to one of ``count`` classes."""
        return cls(vectors, np.eye(count, dtype=np.float32)[classes], np.full(len(vectors), weight, np.float32))

    def __add__(self, other: "HeadRows") -> "HeadRows":
        """The rows of both."""
        pairs = ((self.vectors, other.vectors), (self.shares, other.shares), (self.weights, other.weights))
        return HeadRows(*(np.concatenate(pair) for pair in pairs))


def fit_head(rows: HeadRows, c: float, owners: IntArray) -> LobedHead:
    """Multinomial logistic regression on shares of classes, with L2 regularisation of strength 1 / ``c``.

    scikit-learn's has no shares, which rows without a label need.
    """
    from scipy.optimize import minimize

    count, (n, width) = rows.shares.shape[1], rows.vectors.shape
    inputs = np.hstack([rows.vectors, np.ones((n, 1), np.float32)])
    each = max(_LEAST_BLOCK, _MOST_SCORES // count)
    blocks = [slice(at, at + each) for at in range(0, n, each)]

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(count, width + 1).astype(np.float32)
        bound = weights.copy()
        bound[:, -1] = 0
        value, gradient = 0.5 * float((bound * bound).sum()), bound
        for block in blocks:
            lost, slope = _lost(weights, inputs[block], rows.shares[block], rows.weights[block])
            value += c * lost
            gradient += np.float32(c) * slope
        return value, gradient.astype(np.float64).ravel()

    found = minimize(loss, np.zeros(count * (width + 1)), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    weights = found.x.reshape(count, width + 1).astype(np.float32)
    return LobedHead(np.ascontiguousarray(weights[:, :-1]), weights[:, -1].copy(), owners)


def _lost(weights: Vectors, inputs: Vectors, shares: Vectors, counts: Vectors) -> tuple[float, Vectors]:
    """The weighted cross entropy of some rows, and its slope."""
    scores = inputs @ weights.T
    largest = scores.max(axis=1, keepdims=True)
    exponents = np.exp(scores - largest)
    sums = exponents.sum(axis=1, keepdims=True)
    of_rows = (np.log(sums) + largest)[:, 0] - (shares * scores).sum(axis=1)
    slope: Vectors = ((exponents / sums - shares) * counts[:, None]).T @ inputs
    return float((counts * of_rows).sum()), slope


def lobes(vectors: Vectors, classes: IntArray, count: int, seed: int) -> tuple[IntArray, IntArray]:
    """The lobe of each row, and the class that owns each lobe.

    A class has a lobe for every hundred of its rows, at least one and at most twenty.
    """
    of_rows = np.zeros(len(classes), np.int64)
    owners: list[int] = []
    for own in range(count):
        rows = np.flatnonzero(classes == own)
        wanted = int(np.clip(len(rows) // _ROWS_A_LOBE, 1, _MOST_LOBES))
        of_rows[rows] = len(owners) + _clusters(vectors[rows], wanted, seed)
        owners += [own] * wanted
    return of_rows, np.array(owners, np.int64)


def _clusters(vectors: Vectors, count: int, seed: int) -> IntArray:
    if count == 1:
        return np.zeros(len(vectors), np.int64)
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=1, max_iter=30, random_state=seed).fit_predict(vectors)
    return np.asarray(found, np.int64)
