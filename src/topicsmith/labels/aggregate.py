"""From annotations to labels: one per query, with where it came from.

``agreed`` keeps what all annotators say alike. ``adjudicated`` also takes a further annotator's word where they do not.
``weighted`` gives every row the topic with the highest score by what the annotators' agreement says of each of them.
Rows without a topic stay, marked ``disagreed``, ``abstained`` or ``pending``.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.agreement import Grid, grid
from topicsmith.labels.soft_labels import weigh
from topicsmith.records import Annotation, Label, LabelOrigin, Query
from topicsmith.statistics.intervals import FloatArray
from topicsmith.taxonomy import Taxonomy


def decide(
    queries: Sequence[Query], annotations: Sequence[Annotation], settings: LabelingSettings, taxonomy: Taxonomy
) -> list[Label]:
    """One label per query, in the order of ``queries``.

    ``annotations`` may hold rows of the adjudicator beside those of the annotators; they settle disputes when
    ``settings.labels`` is ``adjudicated`` and are not looked at otherwise. Without annotators the given topics are
    the labels.
    """
    if not settings.annotators:
        return [_given(query) for query in queries]
    rulings = {a.query_id: a for a in annotations if a.annotator == settings.adjudicator}
    votes = grid([a for a in annotations if a.annotator != settings.adjudicator], taxonomy)
    plain = {query_id: unanimous(row) for query_id, row in zip(votes.query_ids, votes.cells, strict=True)}
    if settings.labels == "adjudicated":
        settled = {query_id: _ruled(label, rulings.get(query_id)) for query_id, label in plain.items()}
    elif settings.labels == "weighted":
        settled = _weighted(queries, votes, plain, taxonomy)
    else:
        settled = plain
    return [settled.get(query.query_id, Label(query.query_id, None, None, "pending")) for query in queries]


def unanimous(row: Sequence[Annotation]) -> Label:
    """What the annotators of one query say together, if they say one thing."""
    query_id = row[0].query_id
    if any(a.status == "pending" for a in row):
        return Label(query_id, None, None, "pending")
    if any(a.status != "labelled" for a in row):
        return Label(query_id, None, None, "abstained")
    topics = {a.topic for a in row}
    if len(topics) > 1:
        return Label(query_id, None, None, "disagreed")
    subtopics = {a.subtopic for a in row}
    return Label(query_id, topics.pop(), subtopics.pop() if len(subtopics) == 1 else None, "agreed")


def _given(query: Query) -> Label:
    if query.topic is None:
        return Label(query.query_id, None, None, "pending")
    return Label(query.query_id, query.topic, query.subtopic, "given")


def _ruled(label: Label, ruling: Annotation | None) -> Label:
    if label.topic is not None or label.origin == "pending" or ruling is None:
        return label
    if ruling.status == "pending":
        return Label(label.query_id, None, None, "pending")
    if ruling.status != "labelled":
        return label
    return Label(label.query_id, ruling.topic, ruling.subtopic, "adjudicated", score=ruling.confidence)


def _weighted(
    queries: Sequence[Query], votes: Grid, plain: Mapping[str, Label], taxonomy: Taxonomy
) -> dict[str, Label]:
    """Every row on which anybody gave a topic gets one; where all agree it is theirs. All have a score."""
    texts = {query.query_id: query.text for query in queries}
    scores = weigh([texts[query_id] for query_id in votes.query_ids], votes.ratings, len(taxonomy.names))
    settled = dict(plain)
    for query_id, answers, row in zip(votes.query_ids, votes.ratings, scores, strict=True):
        label = plain[query_id]
        if label.origin == "pending" or not (answers >= 0).any():
            continue
        number = taxonomy.names.index(label.topic) if label.topic is not None else int(row.argmax())
        origin: LabelOrigin = "agreed" if label.topic is not None else "adjudicated"
        settled[query_id] = Label(
            query_id, taxonomy.names[number], label.subtopic, origin,
            probabilities=_likely(row, taxonomy), score=float(row[number]),
        )  # fmt: skip
    return settled


def _likely(scores: FloatArray, taxonomy: Taxonomy) -> tuple[tuple[str, float], ...]:
    """The topics with a score of at least one in a thousand, the highest first."""
    order = np.argsort(-scores, kind="stable")
    return tuple((taxonomy.names[at], round(float(scores[at]), 4)) for at in order if scores[at] >= 0.001)
