"""Proposals that a person took: edits of the topics, rows kept, and what it does to the run; nothing without ``write``.

The edits go through the machinery of ``topicsmith taxonomy apply``: the same checks, history, lineage and comments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from topicsmith.discovery.accepting.edits import MOST_EXAMPLES, edits_of
from topicsmith.discovery.accepting.reassign import AssignedRows, Reassignment, reassign
from topicsmith.discovery.documents.proposals_yaml import MarkedProposal, ProposedEntry, read_proposals
from topicsmith.discovery.files import FOLDER, PROPOSALS, RECORD, KeptDiscovery, read_discovery
from topicsmith.discovery.records import ProposalKind, rows_of
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.runs import RUNS, RunFolder, find_run
from topicsmith.stages.taxonomy_edit import AppliedEdit, TopicsOfProject, apply_placed
from topicsmith.tables import frame, read_frame, write_table
from topicsmith.taxonomy import Taxonomy

ACCEPTED, ASSIGNED = "accepted_rows.parquet", "assigned_rows.parquet"
ACCEPTED_ROWS = {
    "discovery": pl.String,
    "proposal": pl.Int64,
    "row_id": pl.String,
    "text": pl.String,
    "topic": pl.String,
    "subtopic": pl.String,
    "rank": pl.Int64,
}
ASSIGNED_ROWS = {"query_id": pl.String, "before": pl.String, "after": pl.String, "confidence": pl.Float64}
_WITH_ROWS = ("new", "subtopic", "widen")
"""Kinds whose rows are all of one topic once they are accepted."""


@dataclass(frozen=True)
class Choosing:
    """Which proposals are taken: those marked in the file, ``every`` one, or ``only`` some by number."""

    every: bool = False
    only: tuple[int, ...] = ()

    def of(self, marked: Sequence[MarkedProposal], file: Path) -> tuple[MarkedProposal, ...]:
        """Those of ``marked`` that are taken.

        Raises:
            ProjectError: when a number is of no proposal, or both were asked for.
        """
        if self.every and self.only:
            raise ProjectError("--all and --only contradict each other; leave out one")
        numbers = {each.entry.id for each in marked}
        unknown = next((number for number in self.only if number not in numbers), None)
        if unknown is not None:
            shown = ", ".join(str(number) for number in sorted(numbers)[:20]) or "none"
            raise ProjectError(f"--only {unknown}: {file} has no such proposal; it has: {shown}")
        if self.only:
            return tuple(each for each in marked if each.entry.id in self.only)
        return tuple(each for each in marked if self.every or each.accept)


@dataclass(frozen=True)
class AcceptedProposal:
    """A proposal that was taken: its number, kind and name, the topics that it is about, and the rows behind it."""

    id: int
    kind: ProposalKind
    name: str
    topics: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Acceptance:
    """What accepting did, or would do.

    ``file`` is the proposals' file, ``marked`` how many stand in it; ``applied`` is what the edits are;
    ``reassigned`` is ``None`` where nothing changes or there is no run.
    """

    file: Path
    marked: int
    accepted: tuple[AcceptedProposal, ...]
    applied: AppliedEdit
    reassigned: Reassignment | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DiscoveryPlace:
    """Where a discovery lies: its folder, and the file that a person marked."""

    folder: Path
    file: Path

    @property
    def run(self) -> RunFolder | None:
        """The run that keeps it; ``None`` where it lies elsewhere."""
        path = self.folder.resolve().parent
        return find_run(path) if (path / "manifest.json").is_file() else None

    @property
    def project(self) -> Path:
        """The project that it belongs to: that of its run, or the one here."""
        run = self.run
        found = run.project_file if run is not None else None
        return found if found is not None else Path()


def find_discovery(place: Path) -> DiscoveryPlace:
    """The discovery at ``place``: a proposals file, its folder, a run, or a project for its latest run.

    Raises:
        RunStateError: when there is none.
    """
    if place.is_file() and place.name != "topicsmith.yaml":
        folder, file = place.parent, place
    else:
        top = place.parent if place.is_file() else place
        tried = (top, top / FOLDER, top / RUNS / "latest" / FOLDER)
        folder = next((each for each in tried if (each / RECORD).is_file()), place)
        file = folder / PROPOSALS
    if not (folder / RECORD).is_file():
        raise RunStateError(f"{place}: no discovery lies here; 'topicsmith discover' makes one")
    return DiscoveryPlace(folder, file)


def accept(
    place: DiscoveryPlace,
    topics: TopicsOfProject,
    choosing: Choosing,
    *,
    write: bool,
    candidate: str | None = None,
    examples: int = MOST_EXAMPLES,
) -> Acceptance:
    """Make the proposals that are taken edits of the topics; with ``write``, do it.

    Args:
        place: the discovery.
        topics: the topics as they are now.
        choosing: which proposals are taken.
        write: change the topics' file, and keep what was accepted beside the proposals.
        candidate: who answers the run's rows before and after.
        examples: how many examples a new topic gets at most.

    Raises:
        TaxonomyError: when a proposal contradicts another or the topics, with file and line.
        UserError: when a file is damaged or a number of no proposal.
        StorageError: when something cannot be written.
    """
    kept = read_discovery(place.folder)
    marked = read_proposals(place.file, kept.digest)
    _check_numbers(marked, kept)
    taken = choosing.of(marked, place.file)
    earlier = _read_accepted(place.folder / ACCEPTED)
    done = _in_effect(taken, earlier, kept.digest, topics.now)
    left = [each for each in taken if each.entry.id not in done]
    edits = edits_of(left, kept, topics.now, examples)
    shown = apply_placed(topics, edits, (), write=False) if edits else AppliedEdit(nothing="nothing is left to accept")
    shown = _with_already(shown, tuple(done.values()))
    assigned = _assigned(place, topics, shown, candidate)
    if write and shown.after is not None:
        shown = _with_already(apply_placed(topics, edits, (), write=True), tuple(done.values()))
    if write and left:
        _keep_accepted(place.folder / ACCEPTED, left, kept, earlier, shown.after or topics.now)
    if write and assigned is not None and assigned.rows:
        rows = [(row.query_id, row.before, row.after, row.confidence) for row in assigned.rows]
        write_table(place.folder / ASSIGNED, rows, ASSIGNED_ROWS)
    return Acceptance(
        place.file,
        len(marked),
        tuple(_accepted(each.entry, kept) for each in left if not _said_of(each, shown.already)),
        shown,
        None if assigned is None else assigned.found,
        _notes(kept, topics),
    )


def _check_numbers(marked: Sequence[MarkedProposal], kept: KeptDiscovery) -> None:
    known = {proposal.id for proposal in kept.discovery.proposals}
    for each in marked:
        if each.entry.id not in known:
            raise ProjectError(f"{each.place}: the proposal {each.entry.id} was not made; put back its 'id'")


def _in_effect(taken: Sequence[MarkedProposal], earlier: pl.DataFrame, digest: str, now: Taxonomy) -> dict[int, str]:
    """By number, what to say of proposals accepted before whose topic is still there, whatever became of its words."""
    found: dict[int, str] = {}
    rows = earlier.filter(pl.col("discovery") == digest).unique("proposal", keep="first")
    said = {row["proposal"]: (row["topic"], row["subtopic"]) for row in rows.iter_rows(named=True)}
    for each in taken:
        topic, subtopic = said.get(each.entry.id, ("", None))
        there = now.match(topic) if topic else None
        if there is None or each.entry.kind not in {"new", "subtopic"}:
            continue
        inner = now.match_subtopic(there, subtopic) if subtopic else None
        if subtopic is None or inner is not None:
            of = f"{there} / {inner}" if inner else there
            found[each.entry.id] = f"{each.place}: the proposal {each.entry.id} is in effect already, as '{of}'"
    return found


def _with_already(applied: AppliedEdit, lines: tuple[str, ...]) -> AppliedEdit:
    return replace(applied, already=(*lines, *applied.already)) if lines else applied


def _assigned(
    place: DiscoveryPlace, topics: TopicsOfProject, shown: AppliedEdit, candidate: str | None
) -> AssignedRows | None:
    run = place.run or topics.run
    if shown.after is None or run is None:
        return None
    return reassign(run, topics.now, shown.after, shown.same_meaning, candidate)


def _said_of(proposal: MarkedProposal, already: Sequence[str]) -> bool:
    """Whether its edit is one of those that were in effect before."""
    return any(line.startswith(f"{proposal.place}: ") for line in already)


def _accepted(entry: ProposedEntry, kept: KeptDiscovery) -> AcceptedProposal:
    proposed = next(each for each in kept.discovery.proposals if each.id == entry.id)
    return AcceptedProposal(entry.id, entry.kind, entry.name, tuple(entry.topics), proposed.rows)


def _notes(kept: KeptDiscovery, topics: TopicsOfProject) -> tuple[str, ...]:
    if kept.discovery.taxonomy in {topics.now.version_digest, topics.now.digest}:
        return ()
    return (f"{topics.file}: the topics have changed since the discovery was made",)


def _read_accepted(path: Path) -> pl.DataFrame:
    """The rows accepted before; none where there is no table yet."""
    if not path.exists():
        return frame([], ACCEPTED_ROWS)
    return read_frame(path, ACCEPTED_ROWS, keys=("discovery", "proposal", "row_id"))


def _keep_accepted(
    path: Path, taken: Sequence[MarkedProposal], kept: KeptDiscovery, earlier: pl.DataFrame, now: Taxonomy
) -> None:
    """Add the rows of accepted proposals to those of earlier ones, under the topic that they are to have."""
    with_rows = [each.entry for each in taken if each.entry.kind in _WITH_ROWS]
    numbers = [entry.id for entry in with_rows]
    anew = (pl.col("discovery") == kept.digest) & pl.col("proposal").is_in(numbers)
    rows = [tuple(row) for row in earlier.filter(~anew).iter_rows()]
    for entry in with_rows:
        named = entry.name if entry.kind == "new" else entry.topics[0]
        topic, subtopic = now.match(named) or named, entry.name if entry.kind == "subtopic" else None
        rows += [
            (kept.digest, entry.id, row.row_id, row.text, topic, subtopic, row.rank)
            for row in rows_of(kept.rows, entry.id)
        ]
    write_table(path, rows, ACCEPTED_ROWS)
