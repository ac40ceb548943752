"""Fewer training rows, for learning curves: stratified, seeded, and each smaller set inside the larger."""

import hashlib
from collections import defaultdict

from topicsmith.errors import ProjectError
from topicsmith.records import Example, TrainSet


def subset(train: TrainSet, size: int, seed: int) -> TrainSet:
    """The first ``size`` rows of ``train`` in an order that mixes the topics evenly.

    Every row gets a place: within its topic, rows are shuffled by a hash of seed and query id, and the k-th of n rows
    of a topic stands at (k - 1/2) / n. Taking rows by place keeps the topics' shares, and a smaller subset with the
    same seed is part of a larger one. The rows come back in the order of ``train``. Rows that balancing left out
    (``copies`` 0) do not count.

    Raises:
        ProjectError: when there are fewer than ``size`` rows.
    """
    used = [example for example in train if example.copies > 0]
    if size > len(used):
        raise ProjectError(f"'train_size: {size}' asks for more rows than there are to train on ({len(used)})")
    by_topic: dict[str, list[Example]] = defaultdict(list)
    for example in used:
        by_topic[example.topic].append(example)
    places = []
    for topic in sorted(by_topic):
        rows = sorted(by_topic[topic], key=lambda example: _hash(seed, example.query_id))
        places += [((k + 0.5) / len(rows), _hash(seed, row.query_id), row.query_id) for k, row in enumerate(rows)]
    chosen = {query_id for _, _, query_id in sorted(places)[:size]}
    return TrainSet(tuple(example for example in used if example.query_id in chosen))


def _hash(seed: int, query_id: str) -> bytes:
    return hashlib.sha256(f"{seed}:{query_id}".encode()).digest()
