"""Proposals out of clusters, and out of how known topics lie to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.clusters import Clusters, by_middle, stabilities
from topicsmith.discovery.pool import KnownRows
from topicsmith.discovery.records import Proposal, ProposalKind, ProposalPart
from topicsmith.discovery.space import TopicSpace
from topicsmith.discovery.terms import cluster_terms, name_of
from topicsmith.discovery.tree import linkage_tree
from topicsmith.statistics.intervals import wilson

EXAMPLES = 10
_LEAST_OF_PART = 0.15
_COVERED = 0.7
_WIDEN_FROM, _WIDEN_SHARE = 0.25, 0.6
_LEAST_JUDGED, _CONFUSED = 10, 0.3
_MOST_OF_KIND = 10
"""Proposals of one kind about topics that are there: more than a person looks at in one sitting help nobody."""


@dataclass(frozen=True)
class TopicCentres:
    """The middles (topics, width) in a space, of the known topics ``present`` (topics,)."""

    present: IntArray
    middles: Vectors

    @classmethod
    def of(cls, space: TopicSpace, known: KnownRows) -> "TopicCentres":
        """Those of all topics that have rows."""
        points, present = space.at(known.vectors), np.unique(known.topics)
        middles = [points[known.topics == topic].mean(axis=0) for topic in present]
        return cls(present, unit(np.stack(middles)) if middles else points)

    def nearest(self, points: Vectors) -> tuple[int, float] | None:
        """The topic whose middle is nearest to that of ``points``, and the cosine; ``None`` where none is known."""
        if not len(self.present):
            return None
        cosines = self.middles @ unit(points.mean(axis=0, keepdims=True))[0]
        best = int(cosines.argmax())
        return int(self.present[best]), float(cosines[best])

    def neighbours_apart(self) -> float:
        """How far a topic's middle is from that of the nearest other topic, in the middle over topics."""
        near = self.middles @ self.middles.T
        np.fill_diagonal(near, -1.0)
        return float(np.median(1 - near.max(axis=1)))


@dataclass(frozen=True)
class ProposedGroup:
    """Rows that a proposal rests on.

    ``rows`` are indices of the rows looked at, or of the known rows where ``known``, from the middle outwards;
    ``unfamiliar`` is the share of them that no topic covers.
    """

    kind: ProposalKind
    topics: tuple[int, ...]
    rows: IntArray
    known: bool
    cohesion: float
    stability: float | None
    unfamiliar: float
    nearest: tuple[int, float] | None
    evidence: str
    parts: tuple[IntArray, ...] = ()


def groups_of(clusters: Clusters, known: KnownRows, confused: IntArray, seed: int) -> list[ProposedGroup]:
    """What might be proposed, the surest first within each kind.

    ``confused`` (topics, topics) counts how rows of known topics (first) were answered (second) that were held back.
    """
    centres = TopicCentres.of(clusters.space, known)
    return [
        *_new(clusters, known, centres, seed),
        *_widened(clusters, known, centres)[:_MOST_OF_KIND],
        *_split(clusters, known)[:_MOST_OF_KIND],
        *_merged(known, confused)[:_MOST_OF_KIND],
    ]


def _new(clusters: Clusters, known: KnownRows, centres: TopicCentres, seed: int) -> list[ProposedGroup]:
    steady = stabilities(clusters, seed)
    found = []
    for cluster in np.unique(clusters.new_of[clusters.new_of >= 0]):
        members = np.flatnonzero(clusters.new_of == cluster)
        order, near = by_middle(clusters.points[members])
        share = float(clusters.unfamiliar[members].mean())
        nearest = centres.nearest(clusters.points[members])
        whose = f"; nearest is '{known.names[nearest[0]]}'" if nearest else ""
        found.append(
            ProposedGroup(
                "new",
                (),
                clusters.rows[members[order]],
                False,
                float(near.mean()),
                steady[int(cluster)],
                share,
                nearest,
                f"{len(members):,} rows lie together, {share:.0%} of which no topic covers{whose}",
            )
        )
    return sorted(found, key=lambda group: -len(group.rows))


def _widened(clusters: Clusters, known: KnownRows, centres: TopicCentres) -> list[ProposedGroup]:
    """Clusters of which a topic covers most rows and not all: its examples do not reach the others."""
    if not len(centres.present):
        return []
    owner = centres.present[(clusters.points @ centres.middles.T).argmax(axis=1)]
    found = []
    for cluster in np.unique(clusters.all_of):
        members = np.flatnonzero(clusters.all_of == cluster)
        outside = float(clusters.unfamiliar[members].mean())
        if len(members) < clusters.least or not _WIDEN_FROM <= outside < 0.5:
            continue
        topics, counts = np.unique(owner[members], return_counts=True)
        topic, share = int(topics[counts.argmax()]), float(counts.max() / len(members))
        if share < _WIDEN_SHARE:
            continue
        order, near = by_middle(clusters.points[members])
        why = (
            f"{len(members):,} rows lie together, {share:.0%} of them nearest to '{known.names[topic]}', "
            f"whose examples do not reach {outside:.0%}"
        )
        nearest = centres.nearest(clusters.points[members])
        rows = clusters.rows[members[order]]
        found.append(ProposedGroup("widen", (topic,), rows, False, float(near.mean()), None, outside, nearest, why))
    return sorted(found, key=lambda group: -len(group.rows) * group.unfamiliar)


def _split(clusters: Clusters, known: KnownRows) -> list[ProposedGroup]:
    """Known topics with parts that lie as far apart as neighbouring topics do: to be split, or one with a subtopic."""
    found: list[ProposedGroup] = []
    if clusters.cut.precision is None:
        return found
    for topic in np.unique(known.topics):
        rows = np.flatnonzero(known.topics == topic)
        least = max(clusters.least, int(_LEAST_OF_PART * len(rows)))
        if len(rows) < 2 * least:
            continue
        others = known.topics != topic  # what a topic of several parts varies in must not count little
        space = TopicSpace.of(known.vectors[others], known.topics[others])
        points, far = space.at(known.vectors[rows]), TopicCentres.of(space, known).neighbours_apart()
        labels = linkage_tree(points).at(clusters.cut.height)
        parts = [np.flatnonzero(labels == part) for part in np.flatnonzero(np.bincount(labels) >= least)]
        parts = [part[by_middle(points[part])[0]] for part in parts]
        name = known.names[int(topic)]
        rest = np.setdiff1d(np.arange(len(rows)), np.concatenate(parts)) if parts else rows
        if len(parts) > 1 and len(rest) <= (1 - _COVERED) * len(rows) and _apart([points[p] for p in parts]) >= far:
            order, near = by_middle(points)
            why = f"{len(rows):,} rows of '{name}' fall into {len(parts)} parts that lie as far apart as topics do"
            own = tuple(rows[part] for part in parts)
            found.append(
                ProposedGroup("split", (int(topic),), rows[order], True, float(near.mean()), None, 0.0, None, why, own)
            )
        elif len(parts) == 1 and len(rest) >= least and _apart([points[parts[0]], points[rest]]) >= far:
            own = (rows[parts[0]],)
            cohesion = float(by_middle(points[parts[0]])[1].mean())
            why = f"{len(own[0]):,} of {len(rows):,} rows of '{name}' lie together, apart from its others"
            found.append(ProposedGroup("subtopic", (int(topic),), own[0], True, cohesion, None, 0.0, None, why))
    return sorted(found, key=lambda group: -len(group.rows))


def _apart(parts: Sequence[Vectors]) -> float:
    """The least distance of two middles."""
    centres = unit(np.stack([part.mean(axis=0) for part in parts]))
    near = centres @ centres.T
    np.fill_diagonal(near, -1.0)
    return float(1 - near.max())


def _merged(known: KnownRows, confused: IntArray) -> list[ProposedGroup]:
    """Pairs of topics that are answered for each other.

    Of the rows of both that were held back at least three in ten, by the lower bound of the interval.
    """
    found = []
    for one in range(len(confused)):
        for other in range(one + 1, len(confused)):
            judged = int(confused[[one, other]][:, [one, other]].sum())
            crossed = int(confused[one, other] + confused[other, one])
            if judged < _LEAST_JUDGED or not crossed or wilson(crossed, judged).low < _CONFUSED:
                continue
            rows = np.flatnonzero(np.isin(known.topics, (one, other)))
            names = known.names
            why = f"{crossed} of {judged} rows of '{names[one]}' and '{names[other]}' were answered with the other one"
            found.append(
                (crossed / judged, ProposedGroup("merge", (one, other), rows, True, 0.0, None, 0.0, None, why))
            )
    return [group for _, group in sorted(found, key=lambda pair: -pair[0])]


def proposals_of(
    groups: Sequence[ProposedGroup], known: KnownRows, known_texts: Sequence[str], texts: Sequence[str]
) -> tuple[Proposal, ...]:
    """The proposals, named by the terms that set their rows apart; ``texts`` are those of the rows looked at."""
    names = known.names
    own = [[texts[int(row)] for row in group.rows] for group in groups if group.kind == "new"]
    by_topic = [[known_texts[int(row)] for row in np.flatnonzero(known.topics == topic)] for topic in range(len(names))]
    terms_of_new = iter(cluster_terms(own, by_topic))
    taken = set(names)
    found = []
    for number, group in enumerate(groups, 1):
        whose = known_texts if group.known else texts
        shown = _distinct(whose[int(row)] for row in group.rows)
        if group.kind == "new":
            terms = next(terms_of_new)
        else:
            elsewhere = [rows for topic, rows in enumerate(by_topic) if topic not in group.topics]
            terms = cluster_terms([[whose[int(row)] for row in group.rows]], elsewhere)[0]
        fresh = group.kind in {"new", "subtopic"}
        name = name_of(terms, taken) if fresh else " + ".join(names[topic] for topic in group.topics)
        if fresh:
            taken.add(name)
        found.append(
            Proposal(
                id=number,
                kind=group.kind,
                name=name,
                description="",
                topics=tuple(names[topic] for topic in group.topics),
                rows=len(group.rows),
                cohesion=round(group.cohesion, 4),
                stability=None if group.stability is None else round(group.stability, 4),
                unfamiliar=round(group.unfamiliar, 4),
                nearest=None if group.nearest is None else names[group.nearest[0]],
                nearest_cosine=None if group.nearest is None else round(group.nearest[1], 4),
                terms=terms,
                examples=tuple(shown[:EXAMPLES]),
                evidence=group.evidence,
                parts=_parts(group, known_texts, taken),
            )
        )
    return tuple(found)


def _parts(group: ProposedGroup, texts: Sequence[str], taken: set[str]) -> tuple[ProposalPart, ...]:
    own = [[texts[int(row)] for row in part] for part in group.parts]
    found = []
    for rows, terms in zip(own, cluster_terms(own, []) if own else [], strict=True):
        name = name_of(terms, taken)
        taken.add(name)
        found.append(ProposalPart(name, len(rows), terms, tuple(_distinct(rows)[:EXAMPLES])))
    return tuple(found)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
