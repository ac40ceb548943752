"""Making topics less unequal among training rows, and nowhere else: the other sets are of other types."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from topicsmith.project import BalanceSettings
from topicsmith.records import Example, TrainSet


@dataclass(frozen=True)
class Balanced:
    """Training rows after balancing; ``before`` and ``after`` count rows by topic, largest first.

    With the method ``weights`` no row is repeated or left out: ``after`` is then the sum of the rows' weights, rounded.
    The ratios are of the largest topic to the smallest; ``None`` without rows.
    """

    train: TrainSet
    before: dict[str, int]
    after: dict[str, int]
    ratio_before: float | None
    ratio_after: float | None


def balance(train: TrainSet, settings: BalanceSettings) -> Balanced:
    """Bring topics within ``settings.max_ratio`` of each other, repeating rows of some and leaving out rows of others.

    The smallest size is chosen so that the number of rows changes least. Which rows go or are repeated once more is
    decided by a seeded hash of their ids, so that the order of the rows does not matter.
    """
    before = dict(Counter(example.topic for example in train).most_common())
    targets = before if settings.max_ratio is None else target_sizes(before, settings.max_ratio)
    if settings.method == "weights":
        rows = tuple(replace(row, copies=1, weight=targets[row.topic] / before[row.topic]) for row in train)
    else:
        copies = _copies(train, targets, settings.seed)
        rows = tuple(replace(row, copies=copies[row.query_id], weight=1.0) for row in train)
    after = {topic: targets[topic] for topic in before}
    return Balanced(TrainSet(rows), before, after, _ratio(before), _ratio(after))


def target_sizes(before: Mapping[str, int], max_ratio: float) -> dict[str, int]:
    """How many rows each topic shall have.

    Sizes are clipped to between a smallest size and ``max_ratio`` times it; of the smallest sizes that are possible the
    one is taken whose total is nearest to the present one.

    >>> target_sizes({"a": 100, "b": 20, "c": 5}, 4)
    {'a': 76, 'b': 20, 'c': 19}
    """
    sizes = list(before.values())
    if not sizes:
        return {}
    total = sum(sizes)
    best = min(
        range(min(sizes), max(sizes) + 1),
        key=lambda low: (abs(sum(_clipped(size, low, max_ratio) for size in sizes) - total), low),
    )
    return {topic: _clipped(size, best, max_ratio) for topic, size in before.items()}


def _clipped(size: int, low: int, max_ratio: float) -> int:
    return max(low, min(size, int(low * max_ratio + 1e-9)))


def _copies(train: TrainSet, targets: Mapping[str, int], seed: int) -> dict[str, int]:
    by_topic: dict[str, list[Example]] = defaultdict(list)
    for row in train:
        by_topic[row.topic].append(row)
    copies = {}
    for topic, rows in by_topic.items():
        every, more = divmod(targets[topic], len(rows))
        for place, row in enumerate(sorted(rows, key=lambda row: _shuffled(row.query_id, seed))):
            copies[row.query_id] = every + (place < more)
    return copies


def _shuffled(query_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{query_id}".encode()).digest()


def _ratio(sizes: Mapping[str, int]) -> float | None:
    return max(sizes.values()) / min(sizes.values()) if sizes else None
