"""What several annotators say of the same queries: how often, how surely and where they agree, and what it cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from topicsmith.errors import TaxonomyError, UpstreamError
from topicsmith.labels.dawid_skene import dawid_skene
from topicsmith.labels.usage import AnnotatorUse, annotator_use
from topicsmith.records import Annotation
from topicsmith.statistics import kappa
from topicsmith.statistics.clusters import near_copies, share
from topicsmith.statistics.intervals import IntArray, Interval
from topicsmith.statistics.kappa import Ratings
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class TopicAgreement:
    """Agreement on one topic, over the rows that all annotators labelled.

    ``named`` rows have it from anybody, ``agreed`` rows from everybody; ``rate`` is agreed among named. ``specific`` is
    the positive specific agreement (Cicchetti and Feinstein 1990): of the times it was said, how often a second
    annotator said it too.
    """

    topic: str
    named: int
    agreed: int
    rate: Interval | None
    specific: float | None


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators on the rows that both labelled.

    ``confusion`` has a row per topic of the first and a column per topic of the second, in the taxonomy's order. The
    last four count all rows: who gave no topic, and how often both abstained for the same reason.
    """

    first: str
    second: str
    n: int
    agreed: int
    rate: Interval | None
    kappa: Interval | None
    confusion: tuple[tuple[int, ...], ...]
    both_abstained: int
    only_first_abstained: int
    only_second_abstained: int
    same_reason: int


@dataclass(frozen=True)
class Disagreement:
    """How often one annotator said one topic where the other said another: ``first_topic`` → ``second_topic``."""

    first: str
    second: str
    first_topic: str
    second_topic: str
    count: int


@dataclass(frozen=True)
class Agreement:
    """What the annotators of a run say of the same queries.

    ``agreed`` + ``disagreed`` + ``abstained`` + ``pending`` = ``rows``: all gave the same topic; all gave a topic but
    not the same; at least one gave none; at least one has not answered yet. ``rate`` is agreed among all rows,
    ``rate_labelled`` among the rows that all labelled. ``kappa`` is Cohen's for two annotators, Fleiss' for more.
    ``estimated_accuracy`` is what three or more annotators' answers say of each one if they err independently
    (Dawid and Skene); errors they share make it too high.
    """

    rows: int
    agreed: int
    disagreed: int
    abstained: int
    pending: int
    rate: Interval | None
    rate_labelled: Interval | None
    kappa: Interval | None
    kappa_name: str
    fleiss_kappa: Interval | None
    krippendorff_alpha: Interval | None
    gwet_ac1: Interval | None
    topics: tuple[str, ...]
    catch_all: str | None
    annotators: tuple[AnnotatorUse, ...]
    pairs: tuple[PairAgreement, ...]
    by_topic: tuple[TopicAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    estimated_accuracy: dict[str, float] | None


@dataclass(frozen=True)
class Grid:
    """Annotations as a grid of rows (queries, in order of first appearance) by annotators.

    ``groups`` numbers the near-copies a row belongs to.
    """

    query_ids: tuple[str, ...]
    annotators: tuple[str, ...]
    ratings: Ratings
    cells: tuple[tuple[Annotation, ...], ...]
    groups: IntArray


def grid(annotations: Sequence[Annotation], taxonomy: Taxonomy, groups: Mapping[str, str] | None = None) -> Grid:
    """Arrange ``annotations``; a rating is the topic's place in the taxonomy, or -1 where there is none.

    ``groups`` names the near-copies of queries that have some.

    Raises:
        UpstreamError: when an annotator has no row, or two, for a query.
        TaxonomyError: when a topic is not in the taxonomy.
    """
    number = {name: index for index, name in enumerate(taxonomy.names)}
    annotators = tuple(dict.fromkeys(a.annotator for a in annotations))
    rows: dict[str, dict[str, Annotation]] = {}
    for annotation in annotations:
        row = rows.setdefault(annotation.query_id, {})
        if annotation.annotator in row:
            raise UpstreamError(f"'{annotation.annotator}' has two answers for the query '{annotation.query_id}'")
        if annotation.topic is not None and annotation.topic not in number:
            raise TaxonomyError(
                f"'{annotation.annotator}' gave the topic '{annotation.topic}', which is not in the taxonomy; "
                "label again"
            )
        row[annotation.annotator] = annotation
    for query_id, row in rows.items():
        missing = next((name for name in annotators if name not in row), None)
        if missing is not None:
            raise UpstreamError(f"'{missing}' has no row for the query '{query_id}', not even a pending one")
    cells = tuple(tuple(row[name] for name in annotators) for row in rows.values())
    ratings = np.full((len(cells), len(annotators)), -1, dtype=np.int64)
    for at, row_cells in enumerate(cells):
        for who, cell in enumerate(row_cells):
            if cell.status == "labelled" and cell.topic is not None:
                ratings[at, who] = number[cell.topic]
    return Grid(tuple(rows), annotators, ratings, cells, near_copies(rows, groups or {}))


def measure(
    annotations: Sequence[Annotation],
    taxonomy: Taxonomy,
    adjudicator: str | None = None,
    groups: Mapping[str, str] | None = None,
) -> Agreement:
    """Measure how far the annotators agree.

    Args:
        annotations: One row per query and annotator.
        taxonomy: The topics.
        adjudicator: Its rows, which cover the disputed queries only, are left out.
        groups: By query, the near-copies it belongs to; they are answered alike and count for less than strangers.
    """
    table = grid([a for a in annotations if a.annotator != adjudicator], taxonomy, groups)
    ratings, size, near = table.ratings, len(taxonomy.names), table.groups
    complete: NDArray[np.bool_] = np.all(ratings >= 0, axis=1)
    agreed: NDArray[np.bool_] = complete & np.all(ratings == ratings[:, :1], axis=1)
    pending = np.array([any(cell.status == "pending" for cell in row) for row in table.cells], dtype=bool)
    several = len(table.annotators) >= 2
    two = len(table.annotators) == 2
    fleiss = kappa.fleiss(ratings, size, near) if several else None
    return Agreement(
        rows=len(table.cells),
        agreed=int(agreed.sum()),
        disagreed=int((complete & ~agreed).sum()),
        abstained=int((~complete & ~pending).sum()),
        pending=int(pending.sum()),
        rate=share(agreed, near) if several else None,
        rate_labelled=share(agreed[complete], near[complete]) if several else None,
        kappa=kappa.cohen(ratings, size, near) if two else fleiss,
        kappa_name="Cohen's kappa" if two else "Fleiss' kappa",
        fleiss_kappa=fleiss,
        krippendorff_alpha=kappa.krippendorff(ratings, size, near) if several else None,
        gwet_ac1=kappa.gwet(ratings, size, near) if several else None,
        topics=taxonomy.names,
        catch_all=taxonomy.catch_all,
        annotators=tuple(
            annotator_use(name, [row[who] for row in table.cells], agreed, complete, taxonomy.catch_all, near)
            for who, name in enumerate(table.annotators)
        ),
        pairs=tuple(_pair(table, i, j, size) for i, j in combinations(range(len(table.annotators)), 2)),
        by_topic=_by_topic(ratings[complete], near[complete], taxonomy.names) if several else (),
        disagreements=_disagreements(table, taxonomy.names),
        estimated_accuracy=_estimated_accuracy(table, size),
    )


def _estimated_accuracy(table: Grid, size: int) -> dict[str, float] | None:
    if len(table.annotators) < 3 or not (table.ratings >= 0).any(axis=0).all():
        return None
    accuracies = dawid_skene(table.ratings, size).accuracies
    return dict(zip(table.annotators, accuracies, strict=True))


def _pair(table: Grid, i: int, j: int, size: int) -> PairAgreement:
    both = table.ratings[:, [i, j]]
    complete = np.all(both >= 0, axis=1)
    labelled = both[complete]
    agreed = labelled[:, 0] == labelled[:, 1]
    confusion = np.zeros((size, size), dtype=np.int64)
    np.add.at(confusion, (labelled[:, 0], labelled[:, 1]), 1)
    without = [(row[i], row[j]) for row in table.cells]
    neither = [(a, b) for a, b in without if _abstained(a) and _abstained(b)]
    return PairAgreement(
        first=table.annotators[i],
        second=table.annotators[j],
        n=len(labelled),
        agreed=int(agreed.sum()),
        rate=share(agreed, table.groups[complete]),
        kappa=kappa.cohen(both, size, table.groups),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        both_abstained=len(neither),
        only_first_abstained=sum(_abstained(a) and not _abstained(b) for a, b in without),
        only_second_abstained=sum(_abstained(b) and not _abstained(a) for a, b in without),
        same_reason=sum(a.status == b.status for a, b in neither),
    )


def _abstained(annotation: Annotation) -> bool:
    return annotation.status not in {"labelled", "pending"}


def _by_topic(ratings: Ratings, groups: IntArray, names: Sequence[str]) -> tuple[TopicAgreement, ...]:
    raters = ratings.shape[1]
    found = []
    for number, name in enumerate(names):
        said = (ratings == number).sum(axis=1)
        named, agreed = said > 0, said == raters
        pairs, mentions = int((said * (said - 1)).sum()), int(said.sum()) * (raters - 1)
        specific = pairs / mentions if mentions else None
        rate = share(agreed[named], groups[named])
        found.append(TopicAgreement(name, int(named.sum()), int(agreed.sum()), rate, specific))
    return tuple(found)


def _disagreements(table: Grid, names: Sequence[str]) -> tuple[Disagreement, ...]:
    counts: Counter[tuple[int, int, int, int]] = Counter()
    for i, j in combinations(range(len(table.annotators)), 2):
        both = table.ratings[:, [i, j]]
        differing = both[(both >= 0).all(axis=1) & (both[:, 0] != both[:, 1])]
        counts.update((i, j, int(a), int(b)) for a, b in differing)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    who = table.annotators
    return tuple(Disagreement(who[i], who[j], names[a], names[b], n) for (i, j, a, b), n in ordered)


def to_document(agreement: Agreement) -> dict[str, object]:
    """``agreement`` as plain data: ``agreement.json``."""
    return {"format": 1, **asdict(agreement)}
