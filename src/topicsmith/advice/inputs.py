"""What the advice needs to know of the data, read from ``statistics.json`` and ``agreement.json``."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """The data in numbers.

    ``training_rows`` by topic, before balancing; ``share_over_512`` of the queries are longer than 512 tokens;
    ``topic_agreement`` is, of the rows any annotator gave a topic, the share that all gave it;
    ``disagreements`` counts rows by the unordered pair of topics the annotators gave them.
    """

    training_rows: Mapping[str, int]
    share_over_512: float | None
    agreement_rate: float | None
    topic_agreement: Mapping[str, float]
    disagreements: Mapping[tuple[str, str], int]

    @property
    def labelled_rows(self) -> int:
        """Training rows over all topics."""
        return sum(self.training_rows.values())

    @classmethod
    def read(cls, statistics: Mapping[str, object], agreement: Mapping[str, object] | None) -> "Facts":
        """Read the two documents; what they lack stays unknown."""
        topics = statistics.get("topics")
        rows = {str(t["topic"]): int(t["train"]) for t in topics} if isinstance(topics, list) else {}
        agreement = agreement or {}
        by_topic = {
            str(item["topic"]): rate
            for item in _items(agreement.get("by_topic"))
            if (rate := _value(item.get("rate"))) is not None
        }
        pairs: dict[tuple[str, str], int] = {}
        for item in _items(agreement.get("disagreements")):
            pair = sorted((str(item["first_topic"]), str(item["second_topic"])))
            pairs[pair[0], pair[1]] = pairs.get((pair[0], pair[1]), 0) + int(str(item["count"]))
        return cls(rows, _over_512(statistics), _value(agreement.get("rate")), by_topic, pairs)


def _items(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def _value(estimate: object) -> float | None:
    value = estimate.get("value") if isinstance(estimate, Mapping) else estimate
    return float(value) if isinstance(value, (int, float)) else None


def _over_512(statistics: Mapping[str, object]) -> float | None:
    tokens = statistics.get("tokens")
    query = tokens.get("query") if isinstance(tokens, Mapping) else None
    if not isinstance(query, Mapping) or not query.get("n"):
        return None
    return int(query["over_512"]) / int(query["n"])
