"""What becomes of labelled rows when the taxonomy changes: carried over under today's names, or put up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from topicsmith.records import Annotation
from topicsmith.taxonomy_changes.changes import TaxonomyDiff

Row = tuple[Annotation, ...]
"""What the annotators, and an adjudicator where it was asked, said of one query."""

_DECLINED = frozenset({"abstained", "off_taxonomy"})
"""Answers without a topic that a new topic may have one for; the others have nothing to do with the topics."""


@dataclass(frozen=True)
class CarriedRows:
    """Rows by query: those ``carried`` over, under today's names, and why the others are ``put_up`` again."""

    carried: Mapping[str, Row]
    put_up: Mapping[str, str]


def carry_over(rows: Mapping[str, Row], steps: Sequence[TaxonomyDiff]) -> CarriedRows:
    """What becomes of ``rows``, whose topics go by the names before the first of ``steps``, after the last one.

    A row is put up as a whole as soon as one step puts up what one of its annotators said: then all are asked again,
    so that they answer the same question.
    """
    carried: dict[str, Row] = {}
    put_up: dict[str, str] = {}
    for query_id, before in rows.items():
        row = before
        for step in steps:
            reason = why_put_up(row, step)
            if reason is not None:
                put_up[query_id] = reason
                break
            row = tuple(_renamed(annotation, step) for annotation in row)
        else:
            carried[query_id] = row
    return CarriedRows(carried, put_up)


def why_put_up(row: Row, step: TaxonomyDiff) -> str | None:
    """Why a row is to be looked at again; ``None`` where its topics are known under the taxonomy after ``step``."""
    for annotation in row:
        if annotation.topic is None:
            if step.open_rows != "none" and annotation.status in _DECLINED:
                return step.open_reason
        elif annotation.topic in step.put_up:
            return step.put_up[annotation.topic]
        elif step.names.get(annotation.topic) is None:
            return f"'{annotation.topic}' was no topic before"
    placed = step.catch_all is not None and all(annotation.topic != step.catch_all for annotation in row)
    return None if step.open_rows == "none" or placed else step.open_reason


def _renamed(annotation: Annotation, step: TaxonomyDiff) -> Annotation:
    if annotation.topic is None:
        return annotation
    topic, subtopic = step.topic_now(annotation.topic, annotation.subtopic)
    return replace(annotation, topic=topic, subtopic=subtopic)
