"""From ``traces.path`` to the files it means: names, globs, folders, standard input, ``hf://``."""

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from topicsmith.errors import TraceError
from topicsmith.records import Dropped
from topicsmith.traces.files.hub import download
from topicsmith.traces.files.suffixes import ARCHIVES, PACKED, SUFFIXES

STDIN = "-"
NOT_REGULAR = "is no regular file"
LEAVES_FOLDER = "link leads out of the folder"


@dataclass(frozen=True, slots=True)
class Source:
    """One input file; ``name`` is what messages and tables call it, ``named`` whether the user wrote it out."""

    path: Path
    name: str
    named: bool

    @property
    def packing(self) -> str:
        """``.gz``, ``.zst`` or nothing."""
        return self.path.suffix.lower() if self.path.suffix.lower() in PACKED else ""

    @property
    def kind(self) -> str:
        """The suffix that tells the kind of file, without its packing."""
        path = self.path.with_suffix("") if self.packing else self.path
        return path.suffix.lower()


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read, sorted by name, and what was refused on the way."""

    sources: tuple[Source, ...]
    refused: tuple[Dropped, ...]


def find_sources(patterns: str | list[str], folder: Path, workspace: Path) -> Found:
    """The files that ``patterns`` mean, relative to ``folder``; standard input is kept in ``workspace``.

    A file reached through a glob or a folder must lie in it: a link that leaves it is refused. A file that the user
    names may lie anywhere.

    Raises:
        TraceError: when a pattern matches nothing.
    """
    sources: dict[Path, Source] = {}
    refused: list[Dropped] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        matched = False
        for path, named, root in _matches(pattern, folder, workspace):
            matched = True
            if named and not path.is_file() and not pattern.startswith("hf://"):
                raise TraceError(f"{pattern}: {NOT_REGULAR}; name a file or a folder, or '-' for standard input")
            if not named and (problem := _not_read(path, pattern)) is not None:
                refused.append(Dropped(_relative(path, folder, pattern), 0, *problem))
                continue
            name = "standard input" if pattern == STDIN else _relative(path, folder, pattern)
            if root is not None and not _inside(path, root):
                refused.append(Dropped(name, 0, LEAVES_FOLDER, f"it leads out of {_relative(root, folder, pattern)}"))
            else:
                sources.setdefault(path, Source(path, name, named))
        if not matched:
            raise TraceError(
                f"{pattern}: no such file and no match; 'traces.path' is relative to the project file, and folders are "
                f"searched for {', '.join(SUFFIXES)} (also .gz, .zst)"
            )
    return Found(tuple(sorted(sources.values(), key=lambda source: source.name)), tuple(refused))


def _matches(pattern: str, folder: Path, workspace: Path) -> Iterator[tuple[Path, bool, Path | None]]:
    """Paths with whether they were named outright, and the folder they must not leave."""
    if pattern == STDIN:
        yield _spooled_stdin(workspace), True, None
        return
    if pattern.startswith("hf://"):
        for path in download(pattern):
            yield path, True, None
        return
    path = folder / pattern
    if path.is_dir():
        for found in _walk(path):
            yield found, False, path
    elif path.exists():
        yield path, True, None
    elif glob.has_magic(pattern):
        root, rest = _fixed_part(folder, pattern)
        for name in sorted(glob.glob(rest, root_dir=root, recursive=True)):  # noqa: PTH207  # folders with brackets
            if not (root / name).is_dir():
                yield root / name, False, root


def _walk(root: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted(files) + [name for name in folders if (Path(parent) / name).is_symlink()]:
            path = Path(parent) / name
            if not name.startswith(".") and (path.is_dir() or _known(path) or _looks_like_logs(path)):
                yield path


def _known(path: Path) -> bool:
    return Source(path, path.name, False).kind in SUFFIXES


def _looks_like_logs(path: Path) -> bool:
    """Whether a file that is not read for its suffix may hold logs nevertheless: an archive, one that was rotated."""
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    return bool(suffixes) and (suffixes[-1] in ARCHIVES or any(suffix in SUFFIXES for suffix in suffixes[:-1]))


def _not_read(path: Path, pattern: str) -> tuple[str, str] | None:
    """Why a file that was found in a folder or by a pattern is not opened."""
    if path.is_dir():
        return None
    if path.exists() and not path.is_file():
        return NOT_REGULAR, "it is a pipe, a socket or a device"
    if _known(path) or (path.suffix and pattern.endswith(path.suffix)):  # the user wrote the suffix out
        return None
    if path.suffix.casefold() in ARCHIVES:
        return "is an archive", "unpack it beside the others"
    return "has another suffix", f"name it so that it ends in one of {', '.join(SUFFIXES)}, also with .gz or .zst"


def _inside(path: Path, root: Path) -> bool:
    return not path.is_dir() and path.resolve().is_relative_to(root.resolve())


def _fixed_part(folder: Path, pattern: str) -> tuple[Path, str]:
    """The folder before the first wildcard of ``pattern``, and the rest; what exists as it stands is no wildcard."""
    root, parts = folder, list(Path(pattern).parts)
    while len(parts) > 1 and (not glob.has_magic(parts[0]) or (root / parts[0]).exists()):
        root /= parts.pop(0)
    return root, str(Path(*parts))


def _relative(path: Path, folder: Path, pattern: str) -> str:
    """``path`` as the tables show it: relative to the project, but as written where it lies elsewhere."""
    if Path(pattern).is_absolute() and not path.is_relative_to(folder):
        return path.as_posix()
    if pattern.startswith("hf://"):
        return f"{pattern.rstrip('/')}/{path.name}" if not pattern.endswith(path.name) else pattern
    return Path(os.path.relpath(path, folder)).as_posix()


def _spooled_stdin(workspace: Path) -> Path:
    import shutil
    import sys

    path = workspace / "standard-input"
    if not path.exists():
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 2**20)
    return path
