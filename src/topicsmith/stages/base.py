"""What a stage is, what it is given, and what it gives back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

from topicsmith.classifiers.base import kinds_in
from topicsmith.composites import whole
from topicsmith.progress import Progress
from topicsmith.project import CandidateSettings, Project
from topicsmith.run_tables import RunTables
from topicsmith.runs import Manifest, RunFolder
from topicsmith.taxonomy_changes.history import TaxonomyVersion
from topicsmith.version import __version__


@dataclass
class Work:
    """One piece of work while it is done: what it counts, and the libraries that mattered, are noted at its end."""

    counts: Mapping[str, object] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageContext:
    """What a stage works with; ``versions`` is the history of the taxonomy, today's last."""

    project: Project
    run: RunFolder
    manifest: Manifest
    progress: Progress
    versions: tuple[TaxonomyVersion, ...] = ()

    @property
    def taxonomy_version(self) -> dict[str, object]:
        """The version of the taxonomy, as manifests and reports state it; the number is null without a history."""
        digest = self.project.taxonomy.version_digest
        number = next((each.number for each in reversed(self.versions) if each.digest == digest), None)
        return {"version": number, "digest": digest, "topics": len(self.project.taxonomy.topics)}

    @cached_property
    def tables(self) -> RunTables:
        """The tables that earlier stages left."""
        return RunTables(self.run, self.project.taxonomy)

    @contextmanager
    def once(
        self,
        name: str,
        depends_on: object,
        files: Sequence[str],
        also_written_by: Sequence[str] = (),
        *,
        unfinished: bool = False,
    ) -> Iterator[Work | None]:
        """Do a piece of work unless it is done already, and not ``unfinished``.

        Gives ``None`` where ``name`` was done with the same ``depends_on`` and its ``files`` are untouched; otherwise
        the work to do, which is noted as running and, when the block ends without an error, as done.
        """
        if not unfinished and self.manifest.is_fresh(name, depends_on, files, also_written_by):
            yield None
            return
        self.manifest.begin(name, depends_on)
        work = Work()
        yield work
        self.manifest.finish(name, files, work.counts, library_versions(work.libraries))


@dataclass(frozen=True)
class StageResult:
    """What a stage has to say: one line for the person, counts for the manifest, libraries that mattered."""

    summary: str
    counts: Mapping[str, object] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


def writes(*names: str) -> Callable[[Project], tuple[str, ...]]:
    """The files of a stage that writes the same ones whatever the project says."""
    return lambda _project: names


def library_versions(libraries: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of ``libraries`` and our own."""
    found = {"topicsmith": __version__}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def no_kinds(_project: Project) -> tuple[str, ...]:
    """Of a stage that no kind of candidate has a part in."""
    return ()


def always_finished(_run: RunFolder) -> None:
    """Of a stage that leaves nothing to do again."""


def candidate_kinds(project: Project, of: CandidateSettings | None = None) -> tuple[str, ...]:
    """The kinds of the project's candidates, or ``of`` one and those it is made of, and those they are built on."""
    candidates = project.candidates if of is None else whole(of, project.candidates)
    return tuple(sorted({kind for candidate in candidates for kind in kinds_in(candidate)}))


@dataclass(frozen=True)
class Stage:
    """One step.

    ``after`` names the stages whose results it uses; ``settings`` picks what of the project it depends on; ``writes``
    names its files; ``rooms`` are the parts of the package whose code decides its result, and ``kinds`` the kinds of
    candidate whose code does; ``also_reads`` names files of the run folder that a person's command leaves there;
    ``unfinished`` says why it is to run again though nothing changed.
    """

    name: str
    after: tuple[str, ...]
    settings: Callable[[Project], object]
    writes: Callable[[Project], tuple[str, ...]]
    rooms: tuple[str, ...]
    run: Callable[[StageContext], StageResult]
    also_reads: tuple[str, ...] = ()
    kinds: Callable[[Project], tuple[str, ...]] = no_kinds
    unfinished: Callable[[RunFolder], str | None] = always_finished
