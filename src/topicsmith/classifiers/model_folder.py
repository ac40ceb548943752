"""Model folders: which kind a folder is, whether it is whole, and loading it alone.

``topicsmith.json`` names the kind and the SHA-256 of every other file, so that a damaged or swapped file is noticed
before it is used.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from topicsmith import plugins
from topicsmith.atomic_files import allow_by_umask
from topicsmith.classifiers.base import CandidateKind, FittedModel
from topicsmith.disk_errors import cannot_be, disk_errors
from topicsmith.errors import ModelFolderError
from topicsmith.json_file import COPY_AGAIN, interpreting, read_json
from topicsmith.version import __version__

MANIFEST = "topicsmith.json"
UNHASHED = {MANIFEST, "README.md"}
REFUSED = {".bin", ".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt"}
"""Endings of files that may run code when loaded."""


def candidate_kind(name: str) -> CandidateKind:
    """The kind called ``name``."""
    kind: CandidateKind = plugins.find("topicsmith.candidates", name)  # type: ignore[assignment]  # the door's protocol
    return kind


def save_classifier(classifier: FittedModel, kind: str, folder: Path, card: str, about: Mapping[str, object]) -> None:
    """Write ``classifier`` to ``folder``: all of it or nothing.

    ``card`` becomes ``README.md``; ``about`` (settings, training time) goes into ``topicsmith.json``.

    Raises:
        StorageError: when the disk is full or failing; an earlier folder is then untouched.
    """
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with disk_errors(folder):
            _fill(temporary, classifier, kind, card, about)
            _take_place(temporary, folder)
    except OSError as exc:
        raise cannot_be("written", folder, exc) from exc
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fill(folder: Path, classifier: FittedModel, kind: str, card: str, about: Mapping[str, object]) -> None:
    """Write everything that belongs in a model folder."""
    classifier.save(folder)
    for path in folder.rglob("*"):
        if path.suffix in REFUSED:
            path.unlink()
    (folder / "README.md").write_text(card, encoding="utf-8")
    manifest = {
        "kind": kind,
        "version": __version__,
        "topics": list(classifier.topics),
        "files": _hashes(folder),
        **about,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    allow_by_umask(folder)


def _take_place(made: Path, folder: Path) -> None:
    """Put ``made`` where ``folder`` is, which comes back when that fails."""
    aside = made.with_name(f"{made.name}-old")
    if folder.exists():
        os.replace(folder, aside)  # noqa: PTH105  # atomic on one file system
    try:
        os.replace(made, folder)  # noqa: PTH105  # atomic on one file system
    except OSError:
        with suppress(OSError):
            os.replace(aside, folder)  # noqa: PTH105  # atomic on one file system
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, object]:
    """What ``topicsmith.json`` in ``folder`` says.

    Raises:
        ModelFolderError: when the folder is not a model folder.
    """
    path = folder / MANIFEST
    try:
        manifest = read_json(path, ModelFolderError, COPY_AGAIN)
    except (FileNotFoundError, NotADirectoryError):
        raise ModelFolderError(f"{folder}: not a model folder, it has no {MANIFEST}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("kind"), str):
        raise ModelFolderError(f"{path}: does not name a kind; the file was edited")
    return manifest


def load_classifier(folder: Path) -> FittedModel:
    """Load a model folder after checking that every file is the one that was saved.

    Raises:
        ModelFolderError: when a file is missing, changed, or of a type that may run code.
    """
    manifest = read_manifest(folder)
    kind = str(manifest["kind"])
    if kind not in plugins.names("topicsmith.candidates"):
        raise ModelFolderError(
            f"{folder}: is of the kind '{kind}', which is not installed here; known: "
            + ", ".join(plugins.names("topicsmith.candidates"))
        )
    for path in sorted(folder.rglob("*")):
        if path.suffix in REFUSED:
            raise ModelFolderError(f"{path}: a file of this type can run code when loaded, so it is refused; remove it")
    expected = manifest.get("files")
    found = _hashes(folder)
    if not isinstance(expected, dict):
        raise ModelFolderError(f"{folder / MANIFEST}: lists no files; the file was edited")
    for name, digest in expected.items():
        if found.get(name) != digest:
            state = "is missing" if name not in found else "is not the file that was saved"
            raise ModelFolderError(f"{folder / name}: {state}; train the candidate again or copy the folder again")
    with interpreting(folder, ModelFolderError, COPY_AGAIN):
        return candidate_kind(kind).load(folder)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in UNHASHED
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
