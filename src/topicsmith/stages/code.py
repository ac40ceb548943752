"""Fingerprints of code, so that a changed program is noticed, and only by what it decides."""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from topicsmith import plugins

PACKAGE = Path(__file__).parent.parent
_SOURCES = {".py", ".yaml", ".txt", ".json", ".html", ".css"}
_SHARED = ("records.py", "taxonomy.py", "tables.py")
"""Words that every stage shares."""
_KINDS = "topicsmith.classifiers"


@cache
def code_fingerprint(rooms: tuple[str, ...]) -> str:
    """A hash of the source of ``rooms``: folders or files below the package, such as ``labels``."""
    return _hash(path for room in rooms for path in _sources(PACKAGE / room))


@cache
def kind_fingerprint(kind: str) -> str:
    """A hash of the source that decides what a kind of candidate learns and answers.

    It is the kind's module, what that imports of the classifiers' room, and the room's base; for a kind of another
    package, that package.
    """
    module = type(plugins.find("topicsmith.candidates", kind)).__module__
    if not module.startswith(f"{_KINDS}."):
        return _hash([*_sources(_place(module.partition(".")[0])), *_closure(f"{_KINDS}.base")])
    return _hash(_closure(module) | _closure(f"{_KINDS}.base") | _closure(f"{_KINDS}.train", follow=False))


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted({*paths, *(PACKAGE / name for name in _SHARED)}):
        inside = path.is_relative_to(PACKAGE)
        digest.update((path.relative_to(PACKAGE).as_posix() if inside else path.name).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(place: Path) -> list[Path]:
    return [place] if place.is_file() else [path for path in place.rglob("*") if path.suffix in _SOURCES]


def _place(package: str) -> Path:
    """The folder of a package, or the file of a single module."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _closure(module: str, *, follow: bool = True) -> set[Path]:
    """The file of a module of the classifiers' room and, with ``follow``, of all it imports there, wherever it does."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file(waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        if follow:
            waiting += _imported(path)
    return found


def _file(module: str) -> Path | None:
    place = PACKAGE.parent / Path(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _imported(path: Path) -> tuple[str, ...]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_KINDS):
            names += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)
