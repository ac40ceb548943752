"""The rows that discovery looks at, and those of known topics: from a run, or from files that are not of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from topicsmith.errors import UserError
from topicsmith.records import Query
from topicsmith.run_tables import RunTables
from topicsmith.runs import RunFolder
from topicsmith.taxonomy import Taxonomy
from topicsmith.traces.input_rows import InputSettings, find_inputs, input_rows

OWN = "the run's own rows"


@dataclass(frozen=True)
class SeenRow:
    """A row to look at: ``topic`` is what it is known or labelled as; ``fits_nowhere`` that this is the catch-all."""

    row_id: str
    text: str
    topic: str | None = None
    fits_nowhere: bool = False


@dataclass(frozen=True)
class DiscoveryRows:
    """The rows to look at, ``seen``, from ``source``, and what is known.

    ``known`` are texts with their topic, ``known_ids`` whose they are; ``outside`` are texts of the catch-all.
    ``notes`` say what was left out.
    """

    taxonomy: Taxonomy | None
    source: str
    seen: Sequence[SeenRow]
    known: Sequence[tuple[str, str]] = ()
    outside: Sequence[str] = ()
    known_ids: Sequence[str] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowsWanted:
    """Which rows to look at: those of ``files``, the text in ``field``; or the run's own, with ``everything`` all."""

    files: tuple[Path, ...] = ()
    field: str = "text"
    everything: bool = False


def rows_of_run(run: RunFolder, taxonomy: Taxonomy, wanted: RowsWanted = RowsWanted()) -> DiscoveryRows:
    """What a run knows, and what of it is to be looked at.

    Of the run's own rows those are looked at that have no label or that of the catch-all. A run that has labelled
    nothing yet knows nothing, so that all of its rows are looked at.

    Raises:
        UserError: when a file cannot be read, or there is no row to look at.
    """
    tables = RunTables(run, taxonomy)
    has_labels = run.file("labels.parquet").exists()
    labels = {label.query_id: label.topic for label in tables.labels if label.topic is not None} if has_labels else {}
    queries = {query.query_id: query for query in tables.queries}
    names = set(taxonomy.names) - {taxonomy.catch_all}
    of_topics = {query: topic for query, topic in labels.items() if topic in names}
    known = [(queries[query].text, topic) for query, topic in of_topics.items()]
    outside = [queries[query].text for query, topic in labels.items() if topic == taxonomy.catch_all]
    notes: list[str] = []
    gone = sum(topic not in names and topic != taxonomy.catch_all for topic in labels.values())
    if gone:
        notes.append(f"{gone:,} rows have labels of topics that are gone since; they count as rows without a label")
    if wanted.files:
        source = ", ".join(map(str, wanted.files))
        seen, left = _of_files(wanted, queries)
        if left:
            notes.append(f"{left:,} rows of {source} have no text and are left out")
    else:
        source = OWN
        seen = [_own(query, labels, names, taxonomy) for query in queries.values()]
        if not wanted.everything:
            seen = [row for row in seen if row.topic is None or row.fits_nowhere]
    if not seen:
        raise UserError(
            f"{run.path}: every row has a topic, none is of the catch-all; look at new rows with '--rows FILE', or at "
            "all of them with '--everything'"
        )
    return DiscoveryRows(taxonomy, source, seen, known, outside, tuple(of_topics), tuple(notes))


def _own(query: Query, labels: dict[str, str], names: set[str], taxonomy: Taxonomy) -> SeenRow:
    topic = labels.get(query.query_id)
    outside = topic is not None and topic == taxonomy.catch_all
    return SeenRow(query.query_id, query.text, topic if topic in names or outside else None, outside)


def _of_files(wanted: RowsWanted, queries: dict[str, Query]) -> tuple[list[SeenRow], int]:
    """The rows with a text, and how many have none; a row without one that has the id of a query of the run has its."""
    reading = InputSettings(wanted.field, keep=("query_id",))
    seen: list[SeenRow] = []
    left, used = 0, set[str]()
    with TemporaryDirectory(prefix="topicsmith-discover-") as workspace:
        for row in input_rows(find_inputs(wanted.files, reading, Path(workspace)), reading):
            row_id = row.kept.get("query_id") or row.id
            query = queries.get(row_id) if row_id is not None else None
            text = row.text if row.status == "ok" else "" if query is None else query.text
            if text.strip():
                own = row_id if row_id is not None and row_id not in used else row.where
                used.add(own)
                seen.append(SeenRow(own, text))
            else:
                left += 1
    if not seen:
        raise UserError(
            f"{', '.join(map(str, wanted.files))}: holds no row with a text; name its column with '--field'"
        )
    return seen, left


def rows_of_texts(texts: Iterable[tuple[str, str]], source: str) -> DiscoveryRows:
    """Rows as (id, text) of which nothing is known: the beginning of a taxonomy."""
    return DiscoveryRows(None, source, [SeenRow(row_id, text) for row_id, text in texts])
