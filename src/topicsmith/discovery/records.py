"""What discovery found, as it stands in files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from topicsmith.statistics.intervals import Interval

ProposalKind = Literal["new", "subtopic", "widen", "merge", "split"]
"""A topic of its own; a part of a topic; rows that a topic should have among its examples; two topics as one; one topic
as several."""


@dataclass(frozen=True)
class ProposalPart:
    """One of the parts that a topic is to be split into.

    ``rows`` is how many of the topic's rows are its own, ``terms`` what these are about, ``examples`` some of them.
    """

    name: str
    rows: int
    terms: tuple[str, ...]
    examples: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True)
class NameCheck:
    """How an annotator applied a proposal's name to rows that it had not seen: ``right`` of ``asked`` in and beside."""

    annotator: str
    members: Interval
    others: Interval


@dataclass(frozen=True)
class Proposal:
    """Something that might be done about the topics, and what speaks for it.

    ``topics`` are the existing topics that it is about: none for a new one. ``rows`` is how many rows it rests on,
    ``cohesion`` their mean cosine to their centre in the space they were linked in, ``stability`` the mean Jaccard
    index of the cluster with its likes in subsamples (Hennig 2007), ``unfamiliar`` the share of them that no topic
    covers. ``nearest`` is the existing topic nearest to it, with the cosine of the centres. ``examples`` are texts from
    its middle outwards, each once. ``named_by`` is ``terms`` or the annotator. ``evidence`` says in a sentence why it
    is proposed.
    """

    id: int
    kind: ProposalKind
    name: str
    description: str
    topics: tuple[str, ...]
    rows: int
    cohesion: float
    stability: float | None
    unfamiliar: float
    nearest: str | None
    nearest_cosine: float | None
    terms: tuple[str, ...]
    examples: tuple[str, ...]
    evidence: str
    parts: tuple[ProposalPart, ...] = ()
    named_by: str = "terms"
    check: NameCheck | None = None


@dataclass(frozen=True)
class Discovery:
    """The proposals for the topics of one taxonomy, and how far they are to be trusted.

    ``looked_at`` of ``rows`` rows looked unfamiliar enough. ``precision`` and ``found`` were measured by hiding known
    topics: how many proposals of a new topic were one, how many hidden topics were found; ``None`` with fewer than
    eight known topics. ``notes`` say what limits the result.
    """

    taxonomy: str
    encoder: str
    source: str
    rows: int
    looked_at: int
    proposals: tuple[Proposal, ...]
    precision: Interval | None
    found: Interval | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProposedRow:
    """A row of a proposal: ``rank`` counts from its middle outwards, from 0."""

    proposal: int
    row_id: str
    text: str
    topic: str | None
    familiarity: float | None
    rank: int


def rows_of(rows: Sequence[ProposedRow], proposal: int) -> list[ProposedRow]:
    """The rows of one proposal, from its middle outwards."""
    return sorted((row for row in rows if row.proposal == proposal), key=lambda row: row.rank)
