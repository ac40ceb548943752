"""A first taxonomy from logs of which nothing is known, so that nobody begins with a blank page."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from topicsmith.discovery.discover import DiscoverySettings, discover
from topicsmith.discovery.records import Proposal
from topicsmith.discovery.rows import rows_of_texts
from topicsmith.embeddings.store import kept_vectors
from topicsmith.errors import UserError
from topicsmith.progress import Progress
from topicsmith.project import TraceSettings
from topicsmith.tables import read_queries
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.traces.ingest import ingest

MOST_TOPICS = 20
MOST_TEXTS = 5_000
"""Distinct questions that are looked at, drawn at random where there are more."""
CATCH_ALL = "Other"
_EXAMPLES, _TERMS = 5, 6


@dataclass(frozen=True)
class FirstTaxonomy:
    """Topics that logs may be about, with how many of the ``looked_at`` questions lie in each, and a catch-all."""

    taxonomy: Taxonomy
    rows: tuple[int, ...]
    looked_at: int


def first_taxonomy(
    traces: TraceSettings, folder: Path, encoder: str, progress: Progress, seed: int = 13
) -> FirstTaxonomy:
    """Topics for the questions in the logs that ``traces`` names, the largest first.

    Raises:
        UserError: when the logs cannot be read, or no two topics are found in them.
    """
    with TemporaryDirectory(prefix="topicsmith-init-") as name:
        place = Path(name)
        queries, dropped = place / "queries.parquet", place / "dropped.parquet"
        ingest(traces, folder, queries, dropped, progress)
        texts = list({query.text: query.query_id for query in read_queries(queries)}.items())
        if len(texts) > MOST_TEXTS:
            chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:MOST_TEXTS])
            texts = [texts[at] for at in chosen]
        rows = rows_of_texts([(query_id, text) for text, query_id in texts], str(traces.path))
        settings = DiscoverySettings(encoder=encoder, most=MOST_TOPICS, seed=seed)
        found = discover(rows, kept_vectors(place, encoder, folder), settings, progress).discovery
    proposals = [each for each in found.proposals if each.kind == "new"][:MOST_TOPICS]
    if len(proposals) < 2:
        raise UserError(
            f"{traces.path}: {len(texts):,} different questions fall into no two groups of ten or more; name topics "
            "yourself (without '--discover'), or give more logs"
        )
    topics = tuple(_topic(each) for each in proposals)
    taxonomy = Taxonomy((*topics, Topic(CATCH_ALL, "everything else")), catch_all=CATCH_ALL)
    return FirstTaxonomy(taxonomy, tuple(each.rows for each in proposals), len(texts))


def _topic(proposal: Proposal) -> Topic:
    name = proposal.name if proposal.name.casefold() != CATCH_ALL.casefold() else f"{proposal.name} questions"
    return Topic(name, ", ".join(proposal.terms[:_TERMS]), proposal.examples[:_EXAMPLES])
