"""A run's writes and deletions stay in its folder, whatever lies there."""

import errno
import os
import socket
from pathlib import Path

import pytest

from topicsmith.errors import RunStateError, StorageError
from topicsmith.run_links import only_writer
from topicsmith.runs import find_run, open_run


def opened(path: Path) -> Path:
    with open_run(path) as folder:
        return folder.path


@pytest.mark.parametrize("place", ["classifiers", "work", "tables", "predictions", "classifiers/deep"])
def test_security_k01_a_folder_that_is_a_link_out_of_the_run(tmp_path: Path, place: str) -> None:
    papers = tmp_path / "papers"
    (papers / "thesis").mkdir(parents=True)
    run = opened(tmp_path / "runs" / "x")
    (run / place).parent.mkdir(exist_ok=True)
    (run / place).symlink_to(papers)
    with pytest.raises(RunStateError, match=rf"{place}: is a link to .*papers, outside of the run"):
        opened(run)
    (run / "manifest.json").write_text("{}")
    with pytest.raises(RunStateError, match="outside of the run"):
        find_run(run)
    assert (papers / "thesis").is_dir()


def test_security_k01_a_file_that_is_a_link_and_a_link_to_nothing(tmp_path: Path) -> None:
    run = opened(tmp_path / "runs" / "x")
    (tmp_path / "notes.txt").write_text("mine")
    for target in (tmp_path / "notes.txt", tmp_path / "nowhere", Path("../../notes.txt")):
        (run / "report.html").symlink_to(target)
        with pytest.raises(RunStateError, match=r"report\.html: is a link"):
            opened(run)
        (run / "report.html").unlink()


def test_security_k01_the_run_itself_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "papers")
    with pytest.raises(RunStateError, match=r"is a link to .*papers; only 'latest' is one"):
        opened(tmp_path / "x")
    assert list((tmp_path / "papers").iterdir()) == []


def test_links_that_stay_in_the_run_are_kept(tmp_path: Path) -> None:
    run = opened(tmp_path / "runs" / "x")
    (run / "a.json").write_text("{}")
    (run / "b.json").symlink_to("a.json")
    assert opened(run) == run


def test_security_k04_a_lock_that_is_a_link_empties_nothing(tmp_path: Path) -> None:
    (tmp_path / "runs" / "x").mkdir(parents=True)
    inside = tmp_path / "runs" / "x" / "notes.txt"
    for notes in (tmp_path / "notes.txt", inside):
        notes.write_text("mine")
        lock = tmp_path / "runs" / "x" / ".lock"
        lock.symlink_to(notes)
        with pytest.raises(RunStateError, match=r"\.lock"):
            opened(tmp_path / "runs" / "x")
        lock.unlink()
        lock.hardlink_to(notes)
        with pytest.raises(RunStateError, match="no lock that topicsmith made"):
            opened(tmp_path / "runs" / "x")
        assert notes.read_text() == "mine"
        lock.unlink()


def test_security_k04_a_lock_that_is_a_pipe_a_socket_or_somebodys_text(tmp_path: Path) -> None:
    tmp_path = tmp_path / "x"
    tmp_path.mkdir()
    lock = tmp_path / ".lock"
    os.mkfifo(lock)
    with pytest.raises(RunStateError, match="no lock that topicsmith made"):
        opened(tmp_path)
    lock.unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            listening.bind(".lock")
        finally:
            os.chdir(here)
        with pytest.raises(RunStateError, match="cannot be opened as a lock"):
            opened(tmp_path)
    lock.unlink()
    lock.write_text("to do: everything")
    with pytest.raises(RunStateError, match="no lock that topicsmith made"):
        opened(tmp_path)
    assert lock.read_text() == "to do: everything"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("call", ["ftruncate", "pwrite"])
def test_security_k21_a_lock_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, failing)
    said = rf"\.lock: cannot be written: {os.strerror(number)}"
    with pytest.raises(StorageError, match=said), only_writer(tmp_path / ".lock"):
        pass
    monkeypatch.undo()
    with only_writer(tmp_path / ".lock"):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_security_k21_a_lock_in_a_folder_that_is_read_only_is_no_foreign_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", failing)
    said = "Read-only file system; make the folder writable"
    with pytest.raises(StorageError, match=said), only_writer(tmp_path / ".lock"):
        pass
