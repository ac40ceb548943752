"""The run's rows answered by the topics before and after an edit, without training: what it does to them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topicsmith.advice.choice import chosen_candidate
from topicsmith.classifiers.base import Predictions, traits_of
from topicsmith.classifiers.model_folder import load_classifier, read_manifest
from topicsmith.embeddings.store import VECTORS, KeptVectors
from topicsmith.errors import ModelFolderError, RunStateError
from topicsmith.records import Example, Prediction
from topicsmith.run_tables import RunTables
from topicsmith.runs import RunFolder
from topicsmith.statistics.clusters import clustered_share, group_codes, group_name
from topicsmith.statistics.intervals import Z_95, Interval
from topicsmith.statistics.paired import discordant, paired_bounds
from topicsmith.suggestions import did_you_mean
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_changes.changes import TaxonomyDiff
from topicsmith.taxonomy_changes.compare import compare

_BATCH = 2048
_ENCODER = "encoder"


@dataclass(frozen=True)
class RowsOfTopic:
    """Rows answered with a topic ``before`` and ``after``: ``None`` where it was not there, or is no more.

    ``came`` were another topic's before, ``left`` are another's now.
    """

    topic: str
    before: int | None
    after: int | None
    came: int
    left: int


@dataclass(frozen=True)
class OldTopicsCost:
    """What an edit costs the old topics: how often validation and test rows of a known old topic are answered rightly.

    ``difference`` is after less before, paired; ``divided`` counts rows left out since their topic was divided, and
    nobody has said which part is theirs. A row that truly belongs to a new topic counts as lost.
    """

    rows: int
    before: Interval
    after: Interval
    difference: Interval
    divided: int = 0


@dataclass(frozen=True)
class AssignedRow:
    """A row of the run as it is answered by both."""

    query_id: str
    before: str | None
    after: str | None
    confidence: float | None


@dataclass(frozen=True)
class Reassignment:
    """What an edit of the topics does to the ``rows`` of a run, as ``candidate`` answers them; ``moved`` change topic.

    ``why_not`` says why the rows could not be answered, and is empty where they were.
    """

    candidate: str | None
    why_not: str = ""
    rows: int = 0
    moved: int = 0
    topics: tuple[RowsOfTopic, ...] = ()
    cost: OldTopicsCost | None = None


@dataclass(frozen=True)
class AssignedRows:
    """A reassignment, and every row of it."""

    found: Reassignment
    rows: tuple[AssignedRow, ...] = ()


@runtime_checkable
class _Comparing(Protocol):
    """A classifier that answers by any topics, from vectors that it made once."""

    @property
    def encoder(self) -> Any:
        """What makes the vectors."""

    def update(self, taxonomy: Taxonomy) -> None:
        """Answer by these topics from now on."""

    def predict_vectors(self, vectors: Any) -> Predictions:
        """Answers by today's topics."""


def reassign(
    run: RunFolder, before: Taxonomy, after: Taxonomy, same_meaning: Sequence[str] = (), candidate: str | None = None
) -> AssignedRows:
    """Answer the queries of ``run`` by both; ``candidate`` is by default the one that the run says to deploy.

    Vectors are kept in the run's folder, so that the second time only cosines are computed.

    Raises:
        ModelFolderError: when the candidate that was named is not there, or its folder is damaged.
        RunStateError: when a table of the run is damaged.
        StorageError: when vectors cannot be kept.
    """
    try:
        name = candidate or chosen_candidate(run, run.path)
    except (ModelFolderError, RunStateError) as error:
        return AssignedRows(Reassignment(None, str(error)))
    folder = run.classifier(name)
    if not folder.is_dir():
        have = sorted(each.name for each in folder.parent.glob("[!.]*"))
        near = did_you_mean(name, have)
        raise ModelFolderError(f"{run.path}: has no candidate '{name}'; {near}it has: {', '.join(have) or 'none'}")
    kind = str(read_manifest(folder)["kind"])
    why = (
        f"'{name}' ({kind}) does not compare rows with topics as they stand; 'topicsmith run' asks about the rows that "
        "are put up, and trains what learns"
    )
    if not traits_of(kind).updatable:
        return AssignedRows(Reassignment(name, why + _others(folder)))
    model = load_classifier(folder)
    if not isinstance(model, _Comparing):
        return AssignedRows(Reassignment(name, why))
    return _assigned(run, name, folder, model, (before, after), compare(before, after, same_meaning))


def _others(folder: Path) -> str:
    """The candidates beside the one in ``folder`` that compare rows with topics, as something to do."""
    found = []
    for each in sorted(folder.parent.glob("[!.]*")):
        traits = traits_of(str(read_manifest(each)["kind"]))
        if traits.updatable and traits.trained and not traits.baseline:
            found.append(each.name)
    return f"; '--candidate {found[0]}' would tell" if found else ""


def _assigned(
    run: RunFolder, name: str, folder: Path, model: _Comparing, sides: tuple[Taxonomy, Taxonomy], diff: TaxonomyDiff
) -> AssignedRows:
    tables = RunTables(run, sides[0])
    queries = tables.queries
    vectors = KeptVectors(run.file(VECTORS), str(folder / _ENCODER), model.encoder).encode([q.text for q in queries])
    answers: list[list[Prediction]] = []
    for taxonomy in sides:
        model.update(taxonomy)
        parts = (model.predict_vectors(vectors[at : at + _BATCH]) for at in range(0, len(queries), _BATCH))
        answers.append([item for part in parts for item in part])
    rows = tuple(
        AssignedRow(query.query_id, old.topic, new.topic, new.confidence)
        for query, old, new in zip(queries, *answers, strict=True)
    )
    topics, moved = _counted(rows, sides[1], diff)
    held = [*tables.sets.validation, *tables.sets.test]
    cost = _cost(held, {row.query_id: row for row in rows}, sides[0], diff)
    return AssignedRows(Reassignment(name, "", len(rows), moved, topics, cost), rows)


def _counted(rows: Sequence[AssignedRow], after: Taxonomy, diff: TaxonomyDiff) -> tuple[tuple[RowsOfTopic, ...], int]:
    """The rows of each topic of today, and of each that is no more; and how many rows are of another topic now."""
    today = [(diff.names.get(row.before) if row.before is not None else None, row) for row in rows]
    old, new = Counter(now for now, _ in today), Counter(row.after for row in rows)
    came = Counter(row.after for now, row in today if now != row.after)
    left = Counter(now for now, row in today if now != row.after)
    known = {now for now in diff.names.values() if now is not None}
    found = [
        RowsOfTopic(name, old[name] if name in known else None, new[name], came[name], left[name])
        for name in after.names
    ]
    gone = Counter(row.before for now, row in today if now is None and row.before is not None)
    found += [RowsOfTopic(name, gone[name], None, 0, gone[name]) for name, now in diff.names.items() if now is None]
    return tuple(found), came.total()


def _cost(
    held: Sequence[Example], answers: Mapping[str, AssignedRow], before: Taxonomy, diff: TaxonomyDiff
) -> OldTopicsCost | None:
    """How rightly rows of old topics are answered before and after; ``None`` without such rows."""
    divided = {name for change in diff.changes if change.kind == "split" and not change.of for name in change.before}
    known = [row for row in held if row.topic in before.names and row.topic != before.catch_all]
    rows = [row for row in known if row.topic not in divided]
    if not rows:
        return None
    old = np.array([answers[row.query_id].before == row.topic for row in rows])
    new = np.array([answers[row.query_id].after == diff.names.get(row.topic) for row in rows])
    groups = group_codes([group_name(row.query_id, row.group) for row in rows])
    return OldTopicsCost(
        len(rows),
        clustered_share(old, groups),
        clustered_share(new, groups),
        _difference(old, new, groups),
        len(known) - len(rows),
    )


def _difference(old: NDArray[np.bool_], new: NDArray[np.bool_], groups: NDArray[np.int64]) -> Interval:
    """After less before, groups of near-copies counted once in the interval."""
    only_new, only_old = discordant(new, old, groups)
    strangers = len(np.unique(groups))
    low, high = paired_bounds(np.array(only_new), np.array(only_old), np.array(strangers), Z_95)
    value = float(new.mean() - old.mean())
    return Interval(value, min(value, float(low)), max(value, float(high)), len(old), method="paired, Tango")
