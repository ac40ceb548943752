"""The run folder: where stages leave their results, which of them are fresh, and who may write.

``manifest.json`` holds, per stage, its state, the fingerprint of its inputs, settings and code, the SHA-256 of what it
wrote, counts and times. A stage is fresh when its fingerprint is the same and its files are still what it, or a later
stage that completes them, wrote.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson

from topicsmith.atomic_files import sha256, write_bytes
from topicsmith.disk_errors import disk_errors
from topicsmith.errors import RunStateError
from topicsmith.json_file import checked, read_json
from topicsmith.names import LATEST, safe_name
from topicsmith.run_links import only_writer, refuse_links_out
from topicsmith.table_checks import Schema
from topicsmith.tables import write_table

MANIFEST_VERSION = 1
RUNS = "runs"
"""The folder of a project that holds its runs, and the ledger that they share."""
LEDGER = "ledger.sqlite"


T = TypeVar("T")


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def manifest(self) -> Path:
        """``manifest.json``."""
        return self.path / "manifest.json"

    @property
    def name(self) -> str:
        """The run's name, that of its folder."""
        return self.path.resolve().name

    @property
    def ledger(self) -> Path:
        """``ledger.sqlite``: every answer paid for in any run of the project, beside the run folders in ``runs``.

        A run that was copied elsewhere keeps its own.
        """
        beside = self.path.resolve().parent
        return beside / LEDGER if beside.name == RUNS else self.own_ledger

    @property
    def own_ledger(self) -> Path:
        """``ledger.sqlite`` in the run folder, where runs that lie elsewhere, and earlier versions, keep answers."""
        return self.path.resolve() / LEDGER

    @property
    def project_file(self) -> Path | None:
        """The project file that the run belongs to; ``None`` where the run lies elsewhere."""
        path = self.path.resolve().parent.parent / "topicsmith.yaml"
        return path if path.is_file() else None

    def file(self, name: str) -> Path:
        """The file called ``name``, whether or not it is there."""
        return self.path / name

    def classifier(self, candidate: str) -> Path:
        """The model folder of a candidate."""
        return self.path / "classifiers" / self._named(candidate)

    def predictions(self, candidate: str) -> Path:
        """The predictions of a candidate."""
        return self.path / "predictions" / f"{self._named(candidate)}.parquet"

    def work(self, candidate: str) -> Path:
        """What a candidate keeps while it is being fitted."""
        return self.path / "work" / self._named(candidate)

    def _named(self, candidate: str) -> str:
        """The candidate's name, which may come from an option or from a file of a foreign run."""
        try:
            return safe_name(candidate)
        except ValueError as exc:
            raise RunStateError(f"{self.path}: no candidate can be called '{candidate[:100]}': {exc}") from None

    def write_json(self, name: str, value: object) -> None:
        """Write a document, indented, keys in the order given."""
        options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        write_bytes(self.file(name), orjson.dumps(value, option=options))

    def write_table(self, name: str, rows: Sequence[tuple[object, ...]], schema: Schema) -> None:
        """Write a table with the columns of ``schema``."""
        write_table(self.file(name), rows, schema)

    def read_json(self, name: str) -> object:
        """Read a document.

        Raises:
            RunStateError: when it is missing, cannot be read, or is not JSON.
        """
        path = self.file(name)
        try:
            return read_json(path)
        except FileNotFoundError:
            raise RunStateError(f"{path}: does not exist yet; 'topicsmith run' makes it") from None

    def read(self, name: str, shape: type[T]) -> T:
        """Read a document of the form ``shape``, such as ``dict[str, list[str]]`` or a record.

        Raises:
            RunStateError: when it is missing, not JSON, or of another form.
        """
        return checked(shape, self.read_json(name), self.file(name))


def find_run(path: Path) -> RunFolder:
    """The existing run folder at ``path``, where a link such as ``runs/latest`` is followed; a project's latest run.

    Raises:
        RunStateError: when there is none, or a link in it leads out of it.
    """
    if (path / "topicsmith.yaml").is_file():
        path = path / RUNS / LATEST
    folder = RunFolder(path.resolve())
    if not folder.manifest.is_file():
        raise RunStateError(f"{path}: not a run folder, it has no manifest.json; 'topicsmith run' makes one")
    refuse_links_out(folder.path)
    return folder


@contextmanager
def open_run(path: Path) -> Iterator[RunFolder]:
    """Create or open a run folder for writing, alone; ``latest`` beside it then points to it.

    Raises:
        RunInUseError: when another process has it open.
        RunStateError: when it is a link, or a link in it leads out of it.
        StorageError: when it cannot be made or written.
    """
    if path.is_symlink():
        raise RunStateError(f"{path}: is a link to {path.resolve()}; only '{LATEST}' is one, choose another run")
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    refuse_links_out(path)
    with only_writer(path / ".lock"):
        with disk_errors(path.parent / LATEST):
            _point_latest(path)
        yield RunFolder(path.resolve())


def _point_latest(path: Path) -> None:
    link = path.parent / LATEST
    if link.is_symlink() or not link.exists():
        temporary = path.parent / f".latest-{os.getpid()}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(path.name)
        os.replace(temporary, link)  # noqa: PTH105  # atomic on one file system


def fingerprint(parts: object) -> str:
    """A hash of plain data, the same for the same data in every process."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).hexdigest()


@dataclass(frozen=True)
class _Noted:
    """What of ``manifest.json`` is read back."""

    stages: dict[str, dict[str, object]]
    files: dict[str, dict[str, object]]


class Manifest:
    """What has been done in a run folder; every change is on disk before it returns."""

    def __init__(self, folder: RunFolder) -> None:
        """Read the manifest, or begin one.

        Raises:
            RunStateError: when it was written by a newer version or is damaged.
        """
        self._folder = folder
        self._stages: dict[str, dict[str, object]] = {}
        self._files: dict[str, dict[str, object]] = {}
        if folder.manifest.exists():
            document = folder.read_json("manifest.json")
            if not isinstance(document, dict) or document.get("format") != MANIFEST_VERSION:
                raise RunStateError(
                    f"{folder.manifest}: written by another version of topicsmith; use the version that wrote it, "
                    "or choose another run"
                )
            noted = checked(_Noted, document, folder.manifest)
            self._stages, self._files = noted.stages, noted.files

    def stage(self, name: str) -> Mapping[str, object]:
        """What is known of a stage; empty when it never ran."""
        return self._stages.get(name, {})

    def stages(self) -> Mapping[str, Mapping[str, object]]:
        """Everything known, by stage."""
        return self._stages

    def result(self, name: str) -> object:
        """The hash of what a stage wrote when it last finished; ``None`` when it never did."""
        return self.stage(name).get("result")

    def is_fresh(
        self, name: str, depends_on: object, files: Sequence[str], also_written_by: Sequence[str] = ()
    ) -> bool:
        """Whether a stage is done with this plain data to depend on, and its files are untouched.

        ``also_written_by`` names others that note the same files as theirs.
        """
        entry = self.stage(name)
        if entry.get("state") != "done" or entry.get("fingerprint") != fingerprint(depends_on):
            return False
        return self._touched(name, files, also_written_by) is None

    def why_stale(self, name: str, parts: Mapping[str, object], files: Sequence[str]) -> str | None:
        """Why a stage is not fresh, in a few words; ``None`` when it is.

        ``parts`` are what its fingerprint is made of, by names that are fit to be shown.
        """
        entry = self.stage(name)
        if not entry:
            return "not run yet"
        if entry.get("state") != "done":
            return "was interrupted"
        if entry.get("fingerprint") != fingerprint(parts):
            before = entry.get("parts")
            if not isinstance(before, dict):
                return "made by an earlier version of topicsmith"
            changed = [part for part, value in parts.items() if before.get(part) != fingerprint(value)]
            return f"{' and '.join(changed)} changed"
        touched = self._touched(name, files)
        return None if touched is None else f"{touched} was changed or removed"

    def _touched(self, name: str, files: Sequence[str], also_written_by: Sequence[str] = ()) -> str | None:
        """The first of ``files`` that is not what the stage wrote."""
        writers = {name, *also_written_by}
        return next((file for file in files if not self._is_untouched(file, writers)), None)

    def _is_untouched(self, file: str, writers: set[str]) -> bool:
        entry = self._files.get(file)
        path = self._folder.file(file)
        if entry is None or entry.get("stage") not in writers or not path.exists():
            return False
        status = path.stat()
        if (status.st_size, status.st_mtime_ns) == (entry.get("size"), entry.get("mtime_ns")):
            return True
        return sha256(path) == entry.get("sha256")

    def begin(self, name: str, depends_on: object) -> None:
        """Note that a stage is running, and what its result depends on."""
        entry: dict[str, object] = {"state": "running", "fingerprint": fingerprint(depends_on), "started": _now()}
        if isinstance(depends_on, Mapping):
            entry["parts"] = {part: fingerprint(value) for part, value in depends_on.items()}
        self._stages[name] = entry
        self._write()

    def finish(
        self, name: str, files: Sequence[str], counts: Mapping[str, object], versions: Mapping[str, str]
    ) -> None:
        """Note that a stage is done and what it wrote."""
        for file in files:
            status = self._folder.file(file).stat()
            self._files[file] = {
                "stage": name,
                "sha256": sha256(self._folder.file(file)),
                "size": status.st_size,
                "mtime_ns": status.st_mtime_ns,
            }
        entry = self._stages[name]
        entry.update(
            state="done",
            result=fingerprint([self._files[file]["sha256"] for file in files]),
            finished=_now(),
            counts=dict(counts),
            versions=dict(versions),
        )
        self._write()

    def _write(self) -> None:
        document = {"format": MANIFEST_VERSION, "stages": self._stages, "files": self._files}
        self._folder.write_json("manifest.json", document)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
