"""The topics of a project between yesterday and tomorrow: sides to compare, effects on rows, and edits applied."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from topicsmith.atomic_files import write_bytes
from topicsmith.errors import ProjectError, TaxonomyError
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.carry_over.effects import EditEffects, edit_effects
from topicsmith.labels.carry_over.wording_sample import WordingSample, sample_answers
from topicsmith.labels.run_ledger import labeling_account, run_ledger
from topicsmith.llm.prompts import load_prompt
from topicsmith.names import LATEST
from topicsmith.plain_files import read_plain
from topicsmith.progress import Progress, TerminalProgress
from topicsmith.project import Project
from topicsmith.project_file import read_project
from topicsmith.runs import RUNS, RunFolder, find_run
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_changes.apply_edits import EditedTaxonomy, apply_edits
from topicsmith.taxonomy_changes.changes import TaxonomyDiff
from topicsmith.taxonomy_changes.compare import compare
from topicsmith.taxonomy_changes.edits import PlacedEdit, read_edits
from topicsmith.taxonomy_changes.history import (
    TaxonomyVersion,
    history_path,
    next_version,
    read_history,
    record,
)
from topicsmith.taxonomy_changes.yaml_text import rewrite
from topicsmith.taxonomy_file import read_taxonomy
from topicsmith.yaml_file import Location

_SHORTEST_DIGEST = 4
_NO_CHANGE = TaxonomyDiff((), {}, {}, {})


@dataclass(frozen=True)
class Side:
    """One side of a comparison."""

    name: str
    taxonomy: Taxonomy


class TopicsOfProject:
    """A project's topics: the file they stand in, as they are ``now``, and every version there was."""

    def __init__(self, path: Path) -> None:
        """Read the project at ``path``.

        Raises:
            UserError: when it, its topics or their history cannot be read.
        """
        self.project: Project = read_project(path)
        assert self.project.topics_file is not None
        self.file = self.project.topics_file
        inline = self.file == (path / "topicsmith.yaml" if path.is_dir() else path)
        self.at: Location = ("taxonomy",) if inline else ()
        self.now = self.project.taxonomy
        self.history = history_path(self.file)
        self.versions: tuple[TaxonomyVersion, ...] = read_history(self.history)

    @property
    def run(self) -> RunFolder | None:
        """The project's latest run."""
        path = self.project.folder / RUNS / LATEST
        return find_run(path) if (path / "manifest.json").is_file() else None

    @cached_property
    def _prompt(self) -> str:
        return load_prompt(self.project.labeling.prompt, self.project.folder).digest

    def side(self, named: str | None, otherwise: str) -> Side:
        """A side by the number or digest of a version, or a file; without a name the ``last`` version or ``now``.

        Raises:
            ProjectError: when there is no such thing.
        """
        if named is None:
            if otherwise == "now":
                return Side(str(self.file), self.now)
            if not self.versions:
                raise ProjectError(
                    f"{self.history}: there is no version yet to compare with; name a file, or let 'topicsmith run' or "
                    "'taxonomy apply --write' keep the first"
                )
            return Side(self.versions[-1].name, self.versions[-1].taxonomy)
        number = named.removeprefix("v")
        if number.isdecimal() and len(number) < 8 and 1 <= int(number) <= len(self.versions):
            version = self.versions[int(number) - 1]
            return Side(version.name, version.taxonomy)
        if len(named) >= _SHORTEST_DIGEST:
            for each in reversed(self.versions):
                if each.digest.startswith(named):
                    return Side(each.name, each.taxonomy)
        if Path(named).exists():
            return Side(named, read_taxonomy(Path(named)))
        known = f"versions are 1 to {len(self.versions)}" if self.versions else "there is no version yet"
        raise ProjectError(f"'{named}' is neither a version nor a file; {known}")

    def between(self, before: Taxonomy, after: Taxonomy) -> TaxonomyDiff:
        """How one became the other.

        Raises:
            TaxonomyError: when the newer one does not say what became of a topic.
        """
        try:
            return compare(before, after)
        except TaxonomyError as error:
            raise TaxonomyError(f"{self.file}: {error}", error.location) from None

    def tomorrow(self, taxonomy: Taxonomy, same_meaning: Sequence[str] = ()) -> tuple[TaxonomyVersion, ...]:
        """The history as it would be with ``taxonomy`` as its last version."""
        versions = self.versions
        if versions and versions[-1].digest == taxonomy.version_digest:
            return versions
        try:
            return (*versions, next_version(versions, taxonomy, same_meaning, "apply"))
        except TaxonomyError as error:
            raise TaxonomyError(f"{self.file}: {error}", error.location) from None

    def effects(self, taxonomy: Taxonomy, same_meaning: Sequence[str] = ()) -> EditEffects | None:
        """What ``taxonomy`` would mean for the latest run's rows; ``None`` without a run."""
        if self.run is None:
            return None
        versions = self.tomorrow(taxonomy, same_meaning)
        return edit_effects(self.run, self.project.labeling, self._prompt, taxonomy, versions)[0]

    def sample(self, size: int, progress: Progress | None = None) -> WordingSample:
        """How annotators answer ``size`` rows of the latest run under the topics as they are now.

        Raises:
            ProjectError: when nothing was labelled yet.
        """
        run = self.run
        if run is None or not run.file("annotations.parquet").is_file():
            raise ProjectError(f"--sample {size}: nothing was labelled yet; 'topicsmith run' labels")
        versions = self.tomorrow(self.now)
        _, earlier = edit_effects(run, self.project.labeling, self._prompt, self.now, versions)
        asking = AnnotatorContext(
            taxonomy=self.now,
            settings=self.project.labeling,
            project_folder=self.project.folder,
            ledger=run_ledger(run),
            progress=progress or TerminalProgress(False),
            account=labeling_account(run.name),
        )
        return sample_answers(asking, run, earlier.put_up, earlier.steps, size)


@dataclass(frozen=True)
class AppliedEdit:
    """What edits did, or would do: ``nothing`` says why there is nothing to do.

    ``text_diff`` is how the lines of the file change; ``version`` is the number that was given; ``after`` are the
    topics that the edits make, ``same_meaning`` those of them that mean what they meant.
    """

    diff: TaxonomyDiff = _NO_CHANGE
    written: bool = False
    version: int | None = None
    already: tuple[str, ...] = ()
    nothing: str = ""
    effects: EditEffects | None = None
    text_diff: tuple[str, ...] = ()
    after: Taxonomy | None = None
    same_meaning: tuple[str, ...] = ()


def apply(topics: TopicsOfProject, edits: Path, same_meaning: Sequence[str], write: bool) -> AppliedEdit:
    """Apply a file of edits to the topics; with ``write``, to their file, whose version is then kept.

    Raises:
        TaxonomyError: when an edit contradicts another or the topics.
        StorageError: when the file cannot be written.
    """
    return apply_placed(topics, read_edits(edits), same_meaning, write)


def apply_placed(
    topics: TopicsOfProject, edits: Sequence[PlacedEdit], same_meaning: Sequence[str], write: bool
) -> AppliedEdit:
    """As :func:`apply`, for edits that were read, or made, already."""
    edited = apply_edits(topics.now, edits)
    if edited.taxonomy == topics.now:
        return AppliedEdit(already=edited.already, nothing="all edits are in effect already")
    meant = (*edited.same_meaning, *_checked(same_meaning, edited.taxonomy))
    old = read_plain(topics.file)
    text = old.decode()
    new = rewrite(text, topics.at, topics.now, edited.taxonomy).text
    found = replace(_found(topics, edited, meant), text_diff=_text_diff(str(topics.file), text, new))
    if not write:
        return found
    record(topics.history, topics.now, by="apply")
    if read_plain(topics.file) != old:
        raise TaxonomyError(f"{topics.file}: was changed by somebody else meanwhile; run the command again")
    write_bytes(topics.file.resolve(), new.encode())
    versions = record(topics.history, edited.taxonomy, same_meaning=meant, by="apply")
    return replace(found, written=True, version=versions[-1].number)


_LONGEST_DIFF = 300
"""Changed lines that a person may want to read; a diff of many takes minutes to make."""


def _text_diff(name: str, old: str, new: str) -> tuple[str, ...]:
    """How the lines of a file change, or how many do."""
    before, after = old.splitlines(), new.splitlines()
    changed = (Counter(before) - Counter(after)).total() + (Counter(after) - Counter(before)).total()
    if changed > _LONGEST_DIFF:
        return (f"{changed:,} lines of {name} are taken out or put in",)
    return tuple(difflib.unified_diff(before, after, name, name, lineterm=""))


def apply_as_it_is(topics: TopicsOfProject, same_meaning: Sequence[str], write: bool) -> AppliedEdit:
    """Keep the topics as they stand in their file as a version, which 'run' would do as well.

    Raises:
        TaxonomyError: when they do not say what became of a topic, or a topic is named that is none.
        StorageError: when the history cannot be written.
    """
    meant = _checked(same_meaning, topics.now)
    if topics.versions and topics.versions[-1].digest == topics.now.version_digest:
        return AppliedEdit(nothing=f"is {topics.versions[-1].name} already")
    found = _found(topics, EditedTaxonomy(topics.now), meant)
    if not write:
        return found
    versions = record(topics.history, topics.now, same_meaning=meant, by="apply")
    return replace(found, written=True, version=versions[-1].number)


def _found(topics: TopicsOfProject, edited: EditedTaxonomy, meant: Sequence[str]) -> AppliedEdit:
    """What the edit is, and what it means for rows."""
    before = topics.versions[-1].taxonomy if topics.versions else topics.now
    topics.tomorrow(edited.taxonomy, meant)
    diff = compare(before, edited.taxonomy, meant)
    effects = topics.effects(edited.taxonomy, meant)
    return AppliedEdit(diff, already=edited.already, effects=effects, after=edited.taxonomy, same_meaning=tuple(meant))


def _checked(names: Sequence[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    return tuple(taxonomy.topic(taxonomy.match(name) or name).name for name in names)
