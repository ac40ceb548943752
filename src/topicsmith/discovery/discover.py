"""The whole of discovery: rows in, proposals out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.clusters import Clusters, find_clusters
from topicsmith.discovery.cut import LEAST_TOPICS
from topicsmith.discovery.naming import Namer, check_namer, name_proposals
from topicsmith.discovery.pool import Familiarity, KnownRows, familiarity
from topicsmith.discovery.propose import ProposedGroup, groups_of, proposals_of
from topicsmith.discovery.records import Discovery, ProposedRow
from topicsmith.discovery.rows import DiscoveryRows, RowsWanted, rows_of_run
from topicsmith.embeddings.store import VECTORS, KeptVectors, kept_vectors
from topicsmith.errors import UserError
from topicsmith.labels.run_ledger import discovery_account
from topicsmith.progress import Progress
from topicsmith.project_file import read_project
from topicsmith.run_tables import asked_topics
from topicsmith.runs import RunFolder
from topicsmith.taxonomy import Taxonomy, Topic

MOST_KNOWN = 20_000
"""Rows of known topics that are compared with: more tell little new and take long."""
_LEAST_SEEN = 20
_MOST_NEAR = 40


@dataclass(frozen=True)
class DiscoverySettings:
    """What a person may set.

    ``keeps``: the share of rows of known topics that is not looked at; ``least`` rows make a proposal, by default
    ten or two in a thousand; ``most`` topics where none is known; ``encoder`` as in the settings of candidates.
    """

    keeps: float = 0.8
    least: int | None = None
    most: int | None = None
    encoder: str = "minilm"
    seed: int = 13


@dataclass(frozen=True)
class Discovered:
    """A discovery with its rows, and for each proposal of a new topic rows near it that are none of its own."""

    discovery: Discovery
    rows: tuple[ProposedRow, ...]
    near_others: dict[int, list[str]]


def discover(rows: DiscoveryRows, texts: KeptVectors, settings: DiscoverySettings, progress: Progress) -> Discovered:
    """Find what no topic covers, and propose what might be done about it.

    Each distinct text counts once, however often it was asked.

    Raises:
        UserError: when there are too few rows to find anything among.
    """
    seen = list(dict.fromkeys(row.text for row in rows.seen))
    if len(seen) < (settings.least or _LEAST_SEEN):
        raise UserError(
            f"{rows.source}: {len(seen)} different texts are too few to find topics among; it takes "
            f"{settings.least or _LEAST_SEEN}"
        )
    known_pairs, notes = _known_pairs(rows, settings.seed)
    vectors = texts.encode(seen, progress)
    known = _known_rows(rows, known_pairs, texts, progress)
    familiar = familiarity(known, texts.encode, settings.keeps, settings.seed) if len(known.topics) else None
    nowhere = {row.text for row in rows.seen if row.fits_nowhere}
    certain = np.array([at for at, text in enumerate(seen) if text in nowhere], np.int64)
    clusters = find_clusters(vectors, known, familiar, certain, settings.seed, settings.least, settings.most)
    groups = groups_of(clusters, known, _confused(familiar, len(known.named)), settings.seed)
    known_texts = [text for text, _ in known_pairs]
    proposals = proposals_of(groups, known, known_texts, seen)
    if clusters.cut.precision is None:
        notes.append(_why_unmeasured(known))
    discovery = Discovery(
        taxonomy="" if rows.taxonomy is None else rows.taxonomy.version_digest,
        encoder=settings.encoder,
        source=rows.source,
        rows=len(rows.seen),
        looked_at=clusters.looked_at,
        proposals=proposals,
        precision=clusters.cut.precision,
        found=clusters.cut.found,
        notes=(*rows.notes, *notes),
    )
    value = familiar.of(vectors) if familiar is not None else None
    listed = _proposed_rows(groups, rows, seen, known_pairs, value)
    return Discovered(discovery, listed, _near_others(groups, clusters, seen))


def discover_in_run(
    run: RunFolder, wanted: RowsWanted, settings: DiscoverySettings, annotator: str | None, progress: Progress
) -> Discovered:
    """What the topics that the run's project has today do not cover; vectors are kept in the run's folder.

    With an ``annotator``, a language model written ``provider:model``, proposals are named and their names checked.

    Raises:
        UserError: when the run or a file cannot be read, there is too little to look at, or the annotator cannot be
            asked.
    """
    project = None if run.project_file is None else read_project(run.project_file)
    namer = None
    if annotator is not None:
        if project is None:
            raise UserError(f"{run.path}: lies in no project, whose 'labeling' says how '{annotator}' is asked")
        namer = Namer(annotator, project.labeling, run.ledger, discovery_account(run.name), progress)
        check_namer(namer)
    taxonomy = Taxonomy(tuple(Topic(name) for name in asked_topics(run))) if project is None else project.taxonomy
    rows = rows_of_run(run, taxonomy, wanted)
    home = run.path if run.project_file is None else run.project_file.parent
    texts = kept_vectors(run.path / VECTORS, settings.encoder, home)
    found = discover(rows, texts, settings, progress)
    return found if namer is None else named(found, taxonomy, namer)


def named(found: Discovered, taxonomy: Taxonomy, namer: Namer) -> Discovered:
    """``found`` with names by an annotator; what it refused, or was not asked, is said in the notes."""
    members: dict[int, list[str]] = {}
    for row in sorted(found.rows, key=lambda row: (row.proposal, row.rank)):
        members.setdefault(row.proposal, []).append(row.text)
    distinct = {proposal: list(dict.fromkeys(texts)) for proposal, texts in members.items()}
    said = name_proposals(found.discovery.proposals, distinct, found.near_others, taxonomy, namer)
    notes = [
        f"{said.named} names by {said.annotator}, for {said.cost.answers:,} answers paid now, ${said.cost.usd:,.4f}"
        + (f" and {said.cost.unpriced:,} without a known price" if said.cost.unpriced else "")
    ]
    if said.stopped:
        notes.append(f"naming ended early: {said.stopped}")
    notes += [f"proposal {each.proposal}: {each.reason}" for each in said.remarks]
    notes += [f"proposal {number}: {said.annotator} takes it for no topic" for number in said.not_topics]
    discovery = replace(found.discovery, proposals=said.proposals, notes=(*found.discovery.notes, *notes))
    return replace(found, discovery=discovery)


def _known_pairs(rows: DiscoveryRows, seed: int) -> tuple[list[tuple[str, str]], list[str]]:
    pairs = list(dict.fromkeys(rows.known))
    if len(pairs) <= MOST_KNOWN:
        return pairs, []
    chosen = np.sort(np.random.default_rng(seed).permutation(len(pairs))[:MOST_KNOWN])
    return [pairs[at] for at in chosen], [f"of {len(pairs):,} labelled rows {MOST_KNOWN:,}, drawn at random, are known"]


def _known_rows(
    rows: DiscoveryRows, pairs: Sequence[tuple[str, str]], texts: KeptVectors, progress: Progress
) -> KnownRows:
    """What is known, topics without a row left out: nothing is told apart by them."""
    present = {topic for _, topic in pairs}
    named = () if rows.taxonomy is None else tuple(each for each in rows.taxonomy.topics if each.name in present)
    index = {topic.name: at for at, topic in enumerate(named)}
    topics = np.array([index[topic] for _, topic in pairs], np.int64)
    outside = texts.encode(list(dict.fromkeys(rows.outside)), progress)
    return KnownRows(named, texts.encode([text for text, _ in pairs], progress), topics, outside)


def _confused(familiar: Familiarity | None, topics: int) -> IntArray:
    """How rows of each topic that were held back were answered, shape (topics, topics)."""
    found = np.zeros((topics, topics), np.int64)
    if familiar is not None and familiar.learnt is not None and len(familiar.learnt.held_topics):
        answered = familiar.learnt.held_scores[:, :topics].argmax(axis=1)
        np.add.at(found, (familiar.learnt.held_topics, answered), 1)
    return found


def _why_unmeasured(known: KnownRows) -> str:
    topics = len(np.unique(known.topics))
    if not topics:
        return "no topic is known: where clusters end was chosen by how steady they are, and nothing says how many hold"
    return (
        f"{topics} topics have labelled rows; with fewer than {LEAST_TOPICS} none can be hidden to measure how many "
        "proposals hold"
    )


def _proposed_rows(
    groups: Sequence[ProposedGroup],
    rows: DiscoveryRows,
    seen: Sequence[str],
    known_pairs: Sequence[tuple[str, str]],
    value: FloatArray | None,
) -> tuple[ProposedRow, ...]:
    """Every row of every proposal that looked at rows; copies of a text have its rank."""
    named = dict(zip(rows.known, rows.known_ids, strict=True)) if rows.known_ids else {}
    by_text: dict[str, list[tuple[str, str | None]]] = {}
    for row in rows.seen:
        by_text.setdefault(row.text, []).append((row.row_id, row.topic))
    found = []
    for number, group in enumerate(groups, 1):
        for rank, at in enumerate(group.rows):
            if group.known:
                text, topic = known_pairs[at]
                found.append(ProposedRow(number, named.get((text, topic), f"known {at}"), text, topic, None, rank))
                continue
            own = None if value is None else round(float(value[at]), 6)
            found += [ProposedRow(number, row_id, seen[at], topic, own, rank) for row_id, topic in by_text[seen[at]]]
    return tuple(found)


def _near_others(groups: Sequence[ProposedGroup], clusters: Clusters, seen: Sequence[str]) -> dict[int, list[str]]:
    """For each new topic the texts nearest to its middle that are not its own: what its name must not fit."""
    place = {int(row): at for at, row in enumerate(clusters.rows)}
    found = {}
    for number, group in enumerate(groups, 1):
        if group.kind != "new":
            continue
        own = np.array([place[int(row)] for row in group.rows])
        near = clusters.points @ clusters.points[own].mean(axis=0)
        near[own] = -np.inf
        order = np.argsort(-near, kind="stable")[: min(_MOST_NEAR, len(near) - len(own))]
        found[number] = [seen[clusters.rows[at]] for at in order]
    return found
