"""Pairs of topic and subtopic, the leaves of a taxonomy, as topics of their own."""

from dataclasses import replace

from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

_BETWEEN = " / "


def joined(topic: str, subtopic: str | None) -> str:
    """The name of a leaf."""
    return topic if subtopic is None else f"{topic}{_BETWEEN}{subtopic}"


def subtopics_of(topic: Topic) -> list[str | None]:
    """The names of a topic's subtopics; ``None`` alone where it has none and is a leaf itself."""
    return [sub.name for sub in topic.subtopics] or [None]


def pair_taxonomy(taxonomy: Taxonomy) -> Taxonomy:
    """The leaves by name alone."""
    return Taxonomy(tuple(Topic(joined(topic.name, sub)) for topic in taxonomy.topics for sub in subtopics_of(topic)))


def leaf_taxonomy(taxonomy: Taxonomy) -> Taxonomy:
    """The leaves with what they say of themselves; a leaf that says nothing has its topic's description.

    A catch-all without subtopics stays one.
    """
    found: list[Topic] = []
    for topic in taxonomy.topics:
        if not topic.subtopics:
            found.append(Topic(topic.name, topic.description, topic.examples))
        found += [
            Topic(joined(topic.name, sub.name), sub.description or topic.description, sub.examples)
            for sub in topic.subtopics
        ]
    kept = taxonomy.catch_all is not None and not taxonomy.topic(taxonomy.catch_all).subtopics
    return Taxonomy(tuple(found), taxonomy.catch_all if kept else None)


def paired(rows: TrainSet | ValidationSet, taxonomy: Taxonomy) -> list[Example]:
    """Rows with their leaf as the topic; a row whose topic has subtopics but that has none itself teaches no leaf."""
    deep = {topic.name for topic in taxonomy.topics if topic.subtopics}
    return [
        _as(row, joined(row.topic, row.subtopic if row.topic in deep else None))
        for row in rows
        if row.topic not in deep or row.subtopic
    ]


def as_subtopic(row: Example) -> Example:
    """The row with its subtopic as the topic."""
    assert row.subtopic is not None
    return _as(row, row.subtopic)


def _as(row: Example, topic: str) -> Example:
    return replace(row, topic=topic, subtopic=None, label=None)
