"""Asking a person: a sample of rows, agreed or not, and what the answers say of all rows.

The sample is drawn apart from rows of each origin, so that the rows nobody agreed on are looked at too. The person sees
the text and no label, and gets the rows in an order that tells nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from topicsmith.errors import ProjectError
from topicsmith.records import Label, LabelOrigin, Query

CANNOT_TELL = "?"
"""What a person writes who cannot tell the topic."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the sample; ``stratum`` is the origin of its label, not shown to the person."""

    query_id: str
    text: str
    stratum: LabelOrigin


@dataclass(frozen=True)
class AuditSample:
    """The rows a person is asked about, and how many rows each stratum has in all."""

    rows: tuple[AuditRow, ...]
    sizes: dict[LabelOrigin, int]
    seed: int


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """What the person says: a topic, or ``None`` where the person cannot tell."""

    query_id: str
    topic: str | None


@dataclass(frozen=True)
class AuditStratum:
    """One stratum: ``size`` rows in all, ``drawn`` for the person, ``answered`` with a topic, ``right`` of those.

    ``undecided`` rows were looked at and could not be told; they are neither right nor wrong, and counted.
    """

    name: LabelOrigin
    size: int
    drawn: int
    answered: int
    undecided: int
    right: int


def draw(queries: Sequence[Query], labels: Sequence[Label], size: int, seed: int = 13, least: int = 30) -> AuditSample:
    """Draw ``size`` of ``queries``, stratified by the origin of their labels.

    Each stratum gets its share, and ``least`` rows where it has them, as far as ``size`` allows. Rows are chosen by a
    seeded hash: the order of the rows does not matter, and a larger sample keeps the rows of a smaller one.

    Raises:
        ProjectError: when there is no row to draw, or ``size`` is not positive.
    """
    if size <= 0:
        raise ProjectError(f"an audit of {size} rows measures nothing; ask for about 300")
    origin = {label.query_id: label.origin for label in labels}
    strata: dict[LabelOrigin, list[Query]] = defaultdict(list)
    for query in queries:
        strata[origin.get(query.query_id, "pending")].append(query)
    if not strata:
        raise ProjectError("there are no rows to audit")
    sizes = {name: len(rows) for name, rows in sorted(strata.items())}
    chosen = [
        AuditRow(query.query_id, query.text, name)
        for name, count in allocate(sizes, min(size, len(queries)), least).items()
        for query in sorted(strata[name], key=lambda query: _shuffled(query.query_id, seed))[:count]
    ]
    ordered = sorted(chosen, key=lambda row: _shuffled(row.query_id, seed + 1))
    return AuditSample(tuple(ordered), sizes, seed)


def allocate(sizes: Mapping[LabelOrigin, int], total: int, least: int) -> dict[LabelOrigin, int]:
    """How many of ``total`` rows to take from strata of ``sizes``: by share, none under ``least`` if it can be helped.

    >>> allocate({"agreed": 900, "disagreed": 80, "abstained": 20}, 100, 25)
    {'agreed': 55, 'disagreed': 25, 'abstained': 20}
    """
    floor = min(least, total // len(sizes)) if sizes else 0
    taken = {name: min(size, floor) for name, size in sizes.items()}
    everything = sum(sizes.values())
    while sum(taken.values()) < min(total, everything):
        behind = max(
            (name for name in sizes if taken[name] < sizes[name]),
            key=lambda name: (sizes[name] * total / everything - taken[name], name),
        )
        taken[behind] += 1
    return taken


def strata(sample: AuditSample, answers: Sequence[AuditAnswer], said: Mapping[str, str | None]) -> list[AuditStratum]:
    """How right ``said`` is by the person's answers, stratum by stratum: what an estimator for all rows needs.

    Args:
        sample: What the person was asked.
        answers: What the person answered; rows without an answer count as not answered.
        said: A topic per query: labels, one annotator's answers, or a classifier's predictions. A query that is missing
            or has ``None`` is wrong.
    """
    by_query = {answer.query_id: answer for answer in answers}
    found = []
    for name, size in sample.sizes.items():
        rows = [row for row in sample.rows if row.stratum == name]
        looked_at = [by_query[row.query_id] for row in rows if row.query_id in by_query]
        told = [answer for answer in looked_at if answer.topic is not None]
        right = sum(said.get(answer.query_id) == answer.topic for answer in told)
        found.append(AuditStratum(name, size, len(rows), len(told), len(looked_at) - len(told), right))
    return found


def with_answers(labels: Sequence[Label], answers: Sequence[AuditAnswer]) -> list[Label]:
    """``labels`` with the person's word in place of what was believed of the same query; its origin is ``human``."""
    topics = {answer.query_id: answer.topic for answer in answers if answer.topic is not None}
    return [
        Label(
            label.query_id,
            topics[label.query_id],
            label.subtopic if label.topic == topics[label.query_id] else None,
            "human",
        )
        if label.query_id in topics
        else label
        for label in labels
    ]


def to_document(sample: AuditSample) -> dict[str, object]:
    """``sample`` as plain data, to be read by :func:`from_document` when the answers come back."""
    return {"format": 1, **asdict(sample)}


def from_document(document: Mapping[str, object]) -> AuditSample:
    """The sample in plain data.

    Raises:
        ProjectError: when it was written by another version.
    """
    rows, sizes, seed = document.get("rows"), document.get("sizes"), document.get("seed")
    if document.get("format") != 1 or not isinstance(rows, list | tuple) or not isinstance(sizes, dict):
        raise ProjectError("the audit's sample was written by another version of topicsmith; draw it again")
    return AuditSample(tuple(AuditRow(**row) for row in rows), dict(sizes), int(str(seed)))


def _shuffled(query_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{query_id}".encode()).digest()
