"""The rows a classifier learns from and is judged on, as three types that cannot be mistaken for each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from topicsmith.dataset.splits import Assignment
from topicsmith.records import Annotation, Example, Label, Query, TestSet, TrainSet, ValidationSet


@dataclass(frozen=True)
class Sets:
    """The three sets of a run."""

    train: TrainSet
    validation: ValidationSet
    test: TestSet


def build(
    queries: Sequence[Query],
    labels: Iterable[Label],
    assignments: Iterable[Assignment],
    annotations: Sequence[Annotation] = (),
    unaudited: Iterable[Label] | None = None,
) -> Sets:
    """Put together what is known of each query.

    Training and validation rows are those with a label, and count as what the label says, also where the input gives
    the truth: a classifier learns from what a team would have. Test rows count as what the input gives; only where it
    gives no topic to any query do they count as their labels, and then as the ``unaudited`` ones: to mix rows that a
    person answered, chosen for an audit, with agreed ones would make a figure of neither. Test rows without either are
    left out and counted.
    """
    label_of = {label.query_id: label for label in labels}
    settled = label_of if unaudited is None else {label.query_id: label for label in unaudited}
    place = {assignment.query_id: assignment for assignment in assignments}
    reasons = _reasons(annotations)
    given = any(query.topic is not None for query in queries)
    train: list[Example] = []
    validation: list[Example] = []
    test: list[Example] = []
    unlabelled = 0
    for query in queries:
        label = label_of.get(query.query_id)
        at = place[query.query_id]
        if at.split == "test":
            example = _judged(query, settled.get(query.query_id), at, given)
            if example is None:
                unlabelled += 1
            else:
                test.append(example)
        elif label is not None and label.topic is not None:
            example = _learned(query, label, at, reasons)
            (train if at.split == "train" else validation).append(example)
    return Sets(
        TrainSet(tuple(train)),
        ValidationSet(tuple(validation)),
        TestSet(tuple(test), truth="given" if given else "labels", unlabelled=unlabelled),
    )


def _learned(query: Query, label: Label, at: Assignment, reasons: Mapping[tuple[str, str], str]) -> Example:
    assert label.topic is not None
    return Example(
        query_id=query.query_id,
        text=query.text,
        topic=label.topic,
        subtopic=label.subtopic,
        group=at.group,
        label=label.topic,
        copies=at.copies,
        reasoning=reasons.get((query.query_id, label.topic)),
    )


def _judged(query: Query, label: Label | None, at: Assignment, given: bool) -> Example | None:
    settled = label.topic if label is not None else None
    topic = query.topic if given else settled
    if topic is None:
        return None
    subtopic = query.subtopic if given or label is None else label.subtopic
    return Example(query.query_id, query.text, topic, subtopic, at.group, label=settled)


def _reasons(annotations: Sequence[Annotation]) -> dict[tuple[str, str], str]:
    """The first reasoning that leads to each topic of each query."""
    reasons: dict[tuple[str, str], str] = {}
    for annotation in annotations:
        if annotation.topic is not None and annotation.reasoning:
            reasons.setdefault((annotation.query_id, annotation.topic), annotation.reasoning)
    return reasons
