"""Classes out of names alone: prototypes that start at the topics' names and move towards rows without labels.

Expectation maximisation on the sphere (Banerjee et al. 2005, "Clustering on the Unit Hypersphere using von Mises-Fisher
Distributions"), with each prototype held to its name and examples. Classes that take more than their part of the rows
are damped by the root of it.
"""

import numpy as np

from topicsmith.classifiers.probabilities import softmax
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.training_targets import IntArray

_TEMPERATURE = 0.03
_ROUNDS = 12
_LEAST_A_TOPIC = 20


def unit(vectors: Vectors) -> Vectors:
    """``vectors`` of length one along the last axis."""
    found: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return found


def anchors(names: Vectors, vectors: Vectors, classes: IntArray, worth: float = 1.0) -> Vectors:
    """Where prototypes are held: the name, ``worth`` so many examples, and the mean of n examples."""
    sums = np.zeros_like(names)
    np.add.at(sums, classes, vectors)
    counts = np.bincount(classes, minlength=len(names))[:, None].astype(np.float32)
    share: Vectors = (counts / (counts + worth)).astype(np.float32)
    return unit(share * unit(sums) + (1 - share) * names)


def is_enough(pool: Vectors, topics: int) -> bool:
    """Whether ``pool`` has rows enough to tell so many topics anything."""
    return len(pool) >= _LEAST_A_TOPIC * topics


def prototypes(pool: Vectors, held: Vectors, pull: float) -> Vectors:
    """Prototypes (topics, width): the centres of the rows that are nearest to each, ``pull`` of the way to ``held``."""
    found = held
    for step in range(_ROUNDS):
        strength = max(pull, 0.6 - 0.1 * step)
        shares = belongs(pool, found)
        found = unit((1 - strength) * unit(shares.T @ pool) + strength * held)
    return found


def belongs(pool: Vectors, prototypes: Vectors) -> Vectors:
    """How much each row belongs to each prototype, shape (rows, topics), rows summing to one."""
    return damped(softmax(pool @ prototypes.T / _TEMPERATURE))


def damped(shares: Vectors) -> Vectors:
    """``shares`` with classes that take much of all rows damped by the root of what they take."""
    even = shares / np.sqrt(shares.sum(axis=0, keepdims=True) + 1e-9)
    found: Vectors = even / even.sum(axis=1, keepdims=True)
    return found
