"""Failures of the disk: what they are called, and that they are called so from Python as well."""

import errno
import os
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.atomic_files import replacing, write_bytes
from topicsmith.disk_errors import cannot_be, disk_errors, in_our_words, writing_table
from topicsmith.errors import ProjectError, RunStateError, StorageError, TopicsmithError
from topicsmith.runs import open_run


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free space and run again"),
        (errno.EDQUOT, "free space and run again"),
        (errno.EROFS, "make the folder writable, or use another one"),
        (errno.EACCES, "see that you may read it, and write in its folder"),
        (errno.EIO, "the disk or the connection to it is failing"),
        (errno.ENOTDIR, "something else lies there or on the way to it"),
        (errno.EISDIR, "something else lies there or on the way to it"),
        (errno.ENXIO, "free space or repair the disk"),
    ],
)
def test_security_k21_the_cure_is_that_of_the_failure(number: int, cure: str) -> None:
    said = str(cannot_be("written", "a/b", OSError(number, os.strerror(number))))
    assert said.startswith(f"a/b: cannot be written: {os.strerror(number)}; {cure}")
    assert ("free space" in said) == (number in {errno.ENOSPC, errno.EDQUOT, errno.ENXIO})


QUOTED = (
    pl.exceptions.ComputeError("No space left on device (os error 28)"),
    RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ValueError("[Errno 28] No space left on device"),
)


@pytest.mark.parametrize("error", QUOTED)
def test_fault_34_what_libraries_quote_is_known_where_it_is_met(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="the disk is full"), disk_errors():
        raise error
    with pytest.raises(StorageError, match=r"t\.bin: the disk is full"), replacing(tmp_path / "t.bin"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_fault_34_what_polars_says_of_a_disk_while_it_writes_a_table(tmp_path: Path) -> None:
    error = pl.exceptions.ComputeError("parquet: File out of specification: Invalid thrift: transport error")
    said = r"a\.csv: the table cannot be written: parquet: File out of"
    with pytest.raises(StorageError, match=said), writing_table(tmp_path / "a.csv"):
        raise error
    with pytest.raises(pl.exceptions.ComputeError), disk_errors(tmp_path / "a.csv"):
        raise error  # who also reads must not be told that it is the disk
    with pytest.raises(KeyError), writing_table(None):
        raise KeyError("a bug")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.OperationalError("disk I/O error"), StorageError),
        (OSError(errno.EROFS, "Read-only file system", "/x"), StorageError),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/x"), ProjectError),
        (RunStateError("ours"), RunStateError),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"), FileNotFoundError),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), ConnectionResetError),
        (KeyError("a bug"), KeyError),
    ],
)
def test_security_k21_what_is_not_the_disks_stays_what_it_is(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, disk_errors():
        raise error
    assert (caught.value is error) == (kind not in {StorageError, ProjectError})
    assert in_our_words(KeyError("a bug")) is None


class Failing:
    """In the place of a function: the system's error."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, *_: object, **__: object) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize(
    "what",
    [
        "topicsmith.traces.ingest.tempfile.TemporaryDirectory",
        "topicsmith.runs._point_latest",
        "topicsmith.pipeline.stop_leftovers",
    ],
)
def test_fault_34_a_run_from_python_raises_the_same(
    small_project: Path, monkeypatch: pytest.MonkeyPatch, what: str, number: int
) -> None:
    monkeypatch.setattr(what, Failing(number))
    with pytest.raises(StorageError):
        run(small_project, ["ingest"])
    monkeypatch.undo()
    run(small_project, ["ingest"])


def _file(path: Path) -> None:
    path.write_text("mine")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [_file, _dangling, os.mkfifo])
def test_security_k21_what_bears_the_name_of_a_working_folder_is_told_as_such(
    small_project: Path, make: object
) -> None:
    run(small_project, ["ingest"])
    left = small_project / "runs" / "small" / ".ingest-x"
    make(left)  # type: ignore[operator]  # one of the above
    (small_project / "runs" / "small" / "queries.parquet").unlink()
    with pytest.raises(TopicsmithError) as caught:
        run(small_project, ["ingest"])
    assert str(left.resolve().parent) in str(caught.value) or str(left) in str(caught.value)
    assert ".ingest-x" in str(caught.value)
    assert "space" not in str(caught.value)
    assert left.is_symlink() or left.exists()  # nothing of somebody else's is removed


def test_security_k21_a_working_folder_of_a_killed_run_goes(small_project: Path) -> None:
    left = small_project / "runs" / "small" / ".ingest-x"
    (left / "queries").mkdir(parents=True)
    run(small_project, ["ingest"])
    assert not left.exists()


def test_security_k21_files_where_folders_have_to_be_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with (
        pytest.raises(StorageError, match="something else lies there or on the way to it"),
        open_run(tmp_path / "runs/a"),
    ):
        pass
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(StorageError, match=r"t\.csv: cannot be written: Is a directory; something else lies there"):
        write_bytes(tmp_path / "t.csv", b"x")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_security_k21_the_nearest_name_that_is_known_is_told(tmp_path: Path) -> None:
    def fail(named: str | None) -> str:
        with pytest.raises(StorageError) as caught, disk_errors(tmp_path / "run"):
            raise OSError(errno.ENOSPC, "No space left on device", named)
        return str(caught.value)

    rest = "cannot be written: No space left on device; free space and run again"
    assert fail(None) == fail("/elsewhere/.run.x") == f"{tmp_path}/run: {rest}"
    assert fail(f"{tmp_path}/run/tables/a") == f"{tmp_path}/run/tables/a: {rest}"
