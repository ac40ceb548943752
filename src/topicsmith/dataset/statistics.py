"""Numbers about the rows: topics before and after balancing, tokens of the query against the whole conversation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class TokenHistogram:
    """How many texts have how many tokens: ``query[i]`` and ``trace[i]`` lie in ``[edges[i], edges[i + 1])``."""

    edges: tuple[int, ...]
    query: tuple[int, ...]
    trace: tuple[int, ...]


@dataclass(frozen=True)
class TokenStatistics:
    """Tokens of queries against whole conversations; ``ratio`` is the median conversation over the median query."""

    query: TokenCounts
    trace: TokenCounts
    ratio: float | None
    histogram: TokenHistogram


@dataclass(frozen=True)
class TopicRows:
    """Rows of a topic by split, and its training rows before and after balancing."""

    topic: str
    train: int
    validation: int
    test: int
    before: int
    after: int
    share_before: float | None
    share_after: float | None


@dataclass(frozen=True)
class RowStatistics:
    """The content of ``statistics.json``; ``topics`` has every topic of the taxonomy, those without rows too."""

    format: int
    queries: int
    rows: dict[str, int]
    test_truth: str
    test_unlabelled: int
    topics: tuple[TopicRows, ...]
    topics_without_training_rows: tuple[str, ...]
    ratio_before: float | None
    ratio_after: float | None
    largest_copies: int
    tokens: TokenStatistics | None


def describe(queries: Sequence[Query], sets: Sets, balanced: Balanced, taxonomy: Taxonomy) -> RowStatistics:
    """Count rows by topic and split, and tokens."""
    counts = {
        "train": Counter(balanced.before),
        "validation": Counter(sets.validation.topics),
        "test": Counter(sets.test.topics),
    }
    return RowStatistics(
        format=1,
        queries=len(queries),
        rows={split: sum(count.values()) for split, count in counts.items()},
        test_truth=sets.test.truth,
        test_unlabelled=sets.test.unlabelled,
        topics=tuple(
            TopicRows(
                name,
                counts["train"][name],
                counts["validation"][name],
                counts["test"][name],
                balanced.before.get(name, 0),
                balanced.after.get(name, 0),
                _share(balanced.before, name),
                _share(balanced.after, name),
            )
            for name in taxonomy.names
        ),
        topics_without_training_rows=tuple(name for name in taxonomy.names if not balanced.before.get(name)),
        ratio_before=balanced.ratio_before,
        ratio_after=balanced.ratio_after,
        largest_copies=max((row.copies for row in balanced.train), default=0),
        tokens=token_statistics(queries),
    )


def token_statistics(queries: Sequence[Query]) -> TokenStatistics | None:
    """Tokens of queries against whole conversations, in bins that grow by a constant factor; ``None`` of no query."""
    if not queries:
        return None
    query = np.array([item.query_tokens for item in queries])
    trace = np.array([item.trace_tokens for item in queries])
    top = max(int(query.max()), int(trace.max()), 2)
    edges = np.unique(np.geomspace(1, top + 1, 31).round().astype(int))
    median = float(np.median(query))
    binned = (np.histogram(np.maximum(tokens, 1), edges)[0].tolist() for tokens in (query, trace))
    return TokenStatistics(
        query=_counts(query),
        trace=_counts(trace),
        ratio=float(np.median(trace)) / median if median else None,
        histogram=TokenHistogram(tuple(edges.tolist()), *(tuple(counts) for counts in binned)),
    )


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
