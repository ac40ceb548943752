"""How right the labels are, where the input itself carries the true topics or a person has audited them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from topicsmith.labels.soft_labels import JudgedRow, score_calibration
from topicsmith.records import Annotation, Label, LabelOrigin, Query
from topicsmith.statistics.clusters import near_copies, share
from topicsmith.statistics.intervals import Interval
from topicsmith.statistics.score_calibration import ScoreCalibration
from topicsmith.statistics.weighted_difference import weighted_difference


@dataclass(frozen=True)
class TopicQuality:
    """Labels of one topic: of ``labelled`` rows whose truth is known, ``right`` have it as their true topic."""

    topic: str
    labelled: int
    right: int
    precision: Interval | None


@dataclass(frozen=True)
class BestAlone:
    """The labels against the best annotator alone, on ``n`` labelled rows whose topic the input or a person gives.

    ``labels`` and ``alone`` are the shares that are right, ``difference`` is labels less ``annotator``. ``better`` is
    ``annotator`` or ``labels`` where the interval of the difference, widened because the best of several annotators was
    chosen on these rows, leaves out 0; else ``neither``: the rows do not tell them apart.
    """

    annotator: str
    judged_by: Literal["truth", "audit"]
    n: int
    labels: float
    alone: float
    difference: Interval
    better: Literal["annotator", "labels", "neither"]


@dataclass(frozen=True)
class LabelQuality:
    """Labels against true topics, over the ``n`` rows that have one; 0 where only a person's audit is known.

    ``agreed`` is the accuracy of the labels on which all annotators agree, ``kept`` of all labels, by
    whatever origin; ``agreed_n`` and ``kept_n`` are their rows. ``annotators`` is each annotator's accuracy over all
    ``n`` rows, abstentions counted as wrong; ``majority`` that of the topic most annotators give, the first named
    among equals. ``alone`` compares adjudicated or weighted labels with the best annotator alone, by true topics or an
    audit, whichever judges more rows. ``score`` says what the scores of weighted labels are worth, by an audit.
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
    alone: BestAlone | None = None
    score: ScoreCalibration | None = None


def label_quality(
    queries: Sequence[Query],
    labels: Sequence[Label],
    annotations: Sequence[Annotation],
    judged: Mapping[str, JudgedRow] | None = None,
) -> LabelQuality | None:
    """Compare ``labels`` and ``annotations`` with the topics that ``queries`` carry, or that a person ``judged``.

    Returns:
        ``None`` when no query has a topic from either, or nobody annotated: given topics that are the labels prove
        nothing.
    """
    judged = judged or {}
    truth = {query.query_id: query.topic for query in queries if query.topic is not None}
    groups = near_copy_groups(queries)
    if not (truth or judged) or not annotations:
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
        alone=best_alone(queries, labels, annotations, judged),
        score=score_calibration(labels, judged),
    )


def best_alone(
    queries: Sequence[Query],
    labels: Sequence[Label],
    annotations: Sequence[Annotation],
    judged: Mapping[str, JudgedRow],
) -> BestAlone | None:
    """Whether the labels are better than the best annotator alone.

    Returns:
        ``None`` where no label was settled against an annotator, or fewer than two such rows can be judged.
    """
    if not any(label.origin == "adjudicated" for label in labels):
        return None
    given = {query.query_id: JudgedRow(query.topic, 1.0) for query in queries if query.topic is not None}
    by_truth = len(given) >= len(judged)
    known = given if by_truth else judged
    rows = [label for label in labels if label.topic is not None and label.query_id in known]
    said: dict[str, dict[str, str | None]] = {}
    for annotation in annotations:
        said.setdefault(annotation.annotator, {})[annotation.query_id] = annotation.topic
    asked = {name: topics for name, topics in said.items() if all(row.query_id in topics for row in rows)}
    if len(rows) < 2 or not asked:
        return None
    true = [known[row.query_id].topic for row in rows]
    weights = np.asarray([known[row.query_id].weight for row in rows], dtype=np.float64)
    groups = near_copies([row.query_id for row in rows], near_copy_groups(queries))
    ours = np.asarray([row.topic == topic for row, topic in zip(rows, true, strict=True)], dtype=np.bool_)
    theirs = {
        name: np.asarray([topics[r.query_id] == topic for r, topic in zip(rows, true, strict=True)], dtype=np.bool_)
        for name, topics in asked.items()
    }
    best = max(theirs, key=lambda name: float(weights @ theirs[name]))
    apart = weighted_difference(ours, theirs[best], weights, groups, 1 - 0.05 / len(theirs))
    return BestAlone(
        annotator=best,
        judged_by="truth" if by_truth else "audit",
        n=len(rows),
        labels=float(weights @ ours / weights.sum()),
        alone=float(weights @ theirs[best] / weights.sum()),
        difference=apart,
        better="annotator" if apart.high < 0 else "labels" if apart.low > 0 else "neither",
    )


def votes(annotations: Sequence[Annotation]) -> dict[str, str | None]:
    """The topic that most annotators give each query, the first named among equals; ``None`` where nobody gives one."""
    counts: dict[str, Counter[str]] = {}
    for annotation in annotations:
        count = counts.setdefault(annotation.query_id, Counter())
        if annotation.topic is not None:
            count[annotation.topic] += 1
    return {query_id: count.most_common(1)[0][0] if count else None for query_id, count in counts.items()}


def near_copy_groups(queries: Sequence[Query]) -> dict[str, str]:
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
