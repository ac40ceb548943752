"""What every stage is given and gives back, and the fingerprint of the code it depends on."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from topicsmith.progress import Progress
from topicsmith.project import Project
from topicsmith.runs import Manifest, RunFolder
from topicsmith.version import __version__

_SOURCES = {".py", ".yaml", ".txt", ".json", ".html", ".css"}


@dataclass(frozen=True)
class StageContext:
    """What a stage works with."""

    project: Project
    run: RunFolder
    manifest: Manifest
    progress: Progress


@dataclass(frozen=True)
class Outcome:
    """What a stage has to say: one line for the person, counts for the manifest, libraries that mattered."""

    summary: str
    counts: Mapping[str, object] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


def writes(*names: str) -> Callable[[Project], tuple[str, ...]]:
    """The files of a stage that writes the same ones whatever the project says."""
    return lambda _project: names


@cache
def code_fingerprint(rooms: tuple[str, ...]) -> str:
    """A hash of the source of ``rooms`` and of the words they all share, so that a changed program is noticed."""
    package = Path(__file__).parent.parent
    shared = [package / f"{name}.py" for name in ("records", "taxonomy", "tables")]
    inside = [path for room in rooms for path in (package / room).rglob("*") if path.suffix in _SOURCES]
    digest = hashlib.sha256()
    for path in sorted({*shared, *inside}):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def library_versions(libraries: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of ``libraries`` and our own."""
    found = {"topicsmith": __version__}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
