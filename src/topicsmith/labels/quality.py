"""How right the labels are, where the input itself carries the true topics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from topicsmith.records import Annotation, Label, LabelOrigin, Query
from topicsmith.statistics.clusters import near_copies, share
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class TopicQuality:
    """Labels of one topic: of ``labelled`` rows whose truth is known, ``right`` have it as their true topic."""

    topic: str
    labelled: int
    right: int
    precision: Interval | None


@dataclass(frozen=True)
class LabelQuality:
    """Labels against true topics, over the ``n`` rows that have one.

    ``agreed`` is the accuracy of the labels on which all annotators agree, ``kept`` of all labels, by
    whatever origin; ``agreed_n`` and ``kept_n`` are their rows. ``annotators`` is each annotator's accuracy over all
    ``n`` rows, abstentions counted as wrong; ``majority`` that of the topic most annotators give, the first named
    among equals.
    """

    n: int
    agreed_n: int
    kept_n: int
    agreed: Interval | None
    kept: Interval | None
    by_origin: dict[str, Interval | None]
    annotators: dict[str, Interval | None]
    majority: Interval | None
    by_topic: tuple[TopicQuality, ...]


def label_quality(
    queries: Sequence[Query], labels: Sequence[Label], annotations: Sequence[Annotation]
) -> LabelQuality | None:
    """Compare ``labels`` and ``annotations`` with the topics that ``queries`` carry.

    Returns:
        ``None`` when no query carries a topic, or nobody annotated: given topics that are the labels prove nothing.
    """
    truth = {query.query_id: query.topic for query in queries if query.topic is not None}
    groups = groups_of(queries)
    if not truth or not annotations:
        return None
    known = [label for label in labels if label.query_id in truth]
    kept = [label for label in known if label.topic is not None]
    right = {label.query_id: label.topic == truth[label.query_id] for label in kept}
    origins: dict[LabelOrigin, dict[str, bool]] = {}
    topics: dict[str, dict[str, bool]] = {}
    for label in kept:
        assert label.topic is not None
        origins.setdefault(label.origin, {})[label.query_id] = right[label.query_id]
        topics.setdefault(label.topic, {})[label.query_id] = right[label.query_id]
    return LabelQuality(
        n=len(truth),
        agreed_n=len(origins.get("agreed", {})),
        kept_n=len(kept),
        agreed=_share(origins.get("agreed", {}), groups),
        kept=_share(right, groups),
        by_origin={origin: _share(values, groups) for origin, values in sorted(origins.items())},
        annotators=_annotators(truth, annotations, groups),
        majority=_share({q: said == truth[q] for q, said in votes(annotations).items() if q in truth}, groups),
        by_topic=tuple(TopicQuality(t, len(v), sum(v.values()), _share(v, groups)) for t, v in sorted(topics.items())),
    )


def votes(annotations: Sequence[Annotation]) -> dict[str, str | None]:
    """The topic that most annotators give each query, the first named among equals; ``None`` where nobody gives one."""
    counts: dict[str, Counter[str]] = {}
    for annotation in annotations:
        count = counts.setdefault(annotation.query_id, Counter())
        if annotation.topic is not None:
            count[annotation.topic] += 1
    return {query_id: count.most_common(1)[0][0] if count else None for query_id, count in counts.items()}


def groups_of(queries: Sequence[Query]) -> dict[str, str]:
    """By query, the near-copies it belongs to, for those that have some."""
    return {query.query_id: query.group for query in queries if query.group is not None}


def _annotators(
    truth: Mapping[str, str], annotations: Sequence[Annotation], groups: Mapping[str, str]
) -> dict[str, Interval | None]:
    found: dict[str, dict[str, bool]] = {}
    for annotation in annotations:
        if annotation.query_id in truth:
            right = annotation.topic == truth[annotation.query_id]
            found.setdefault(annotation.annotator, {})[annotation.query_id] = right
    return {name: _share(values, groups) for name, values in found.items()}


def _share(right: Mapping[str, bool], groups: Mapping[str, str]) -> Interval | None:
    return share(np.array(list(right.values()), dtype=bool), near_copies(right, groups))


def to_document(quality: LabelQuality | None) -> dict[str, object] | None:
    """``quality`` as plain data; ``None`` stays ``None``."""
    return None if quality is None else asdict(quality)
