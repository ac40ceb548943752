"""Numbers about the rows: topics before and after balancing, tokens of the query against the whole conversation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from topicsmith.dataset.balance import Balanced
from topicsmith.dataset.sets import Sets
from topicsmith.records import Query
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class TokenCounts:
    """How long texts are, in tokens."""

    n: int
    mean: float
    median: float
    p90: float
    largest: int
    over_512: int


def describe(queries: Sequence[Query], sets: Sets, balanced: Balanced, taxonomy: Taxonomy) -> dict[str, object]:
    """What ``statistics.json`` holds, as plain data.

    ``topics`` has every topic of the taxonomy, those without rows too. ``tokens.histogram`` shares its ``edges``, which
    grow by a constant factor, between queries and conversations; ``tokens.ratio`` is the median conversation over the
    median query.
    """
    counts = {
        "train": Counter(balanced.before),
        "validation": Counter(sets.validation.topics),
        "test": Counter(sets.test.topics),
    }
    return {
        "format": 1,
        "queries": len(queries),
        "rows": {split: sum(count.values()) for split, count in counts.items()},
        "test_truth": sets.test.truth,
        "test_unlabelled": sets.test.unlabelled,
        "topics": [
            {
                "topic": name,
                **{split: count[name] for split, count in counts.items()},
                "before": balanced.before.get(name, 0),
                "after": balanced.after.get(name, 0),
                "share_before": _share(balanced.before, name),
                "share_after": _share(balanced.after, name),
            }
            for name in taxonomy.names
        ],
        "topics_without_training_rows": [name for name in taxonomy.names if not balanced.before.get(name)],
        "ratio_before": balanced.ratio_before,
        "ratio_after": balanced.ratio_after,
        "largest_copies": max((row.copies for row in balanced.train), default=0),
        "tokens": token_statistics(queries),
    }


def token_statistics(queries: Sequence[Query]) -> dict[str, object] | None:
    """Tokens of queries against whole conversations; ``None`` without queries."""
    if not queries:
        return None
    query = np.array([item.query_tokens for item in queries])
    trace = np.array([item.trace_tokens for item in queries])
    top = max(int(query.max()), int(trace.max()), 2)
    edges = np.unique(np.geomspace(1, top + 1, 31).round().astype(int))
    median = float(np.median(query))
    return {
        "query": asdict(_counts(query)),
        "trace": asdict(_counts(trace)),
        "ratio": float(np.median(trace)) / median if median else None,
        "histogram": {
            "edges": edges.tolist(),
            "query": np.histogram(np.maximum(query, 1), edges)[0].tolist(),
            "trace": np.histogram(np.maximum(trace, 1), edges)[0].tolist(),
        },
    }


def _counts(tokens: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> TokenCounts:
    return TokenCounts(
        n=len(tokens),
        mean=float(tokens.mean()),
        median=float(np.median(tokens)),
        p90=float(np.quantile(tokens, 0.9)),
        largest=int(tokens.max()),
        over_512=int((tokens > 512).sum()),
    )


def _share(sizes: dict[str, int], name: str) -> float | None:
    total = sum(sizes.values())
    return sizes.get(name, 0) / total if total else None
