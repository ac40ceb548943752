"""Only regular files are read, and nothing waits for a pipe."""

import os
from pathlib import Path

import pytest

from topicsmith.errors import ProjectError, RunStateError
from topicsmith.plain_files import read_plain
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder
from topicsmith.taxonomy_file import read_taxonomy


def test_a_file_a_link_to_it_a_folder_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x00\xff")
    (tmp_path / "b").symlink_to("a")
    assert read_plain(tmp_path / "a") == read_plain(tmp_path / "b") == b"\x00\xff"
    with pytest.raises(IsADirectoryError):
        read_plain(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "c")


def test_security_k08_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="a pipe, a socket or a device"):
            read_plain(path)


def test_security_k08_where_a_project_a_taxonomy_and_a_runs_document_are_read(tmp_path: Path) -> None:
    for name in ("topicsmith.yaml", "taxonomy.yaml", "manifest.json"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(ProjectError, match=r"topicsmith\.yaml: cannot be read: it is a pipe"):
        read_project(tmp_path / "topicsmith.yaml")
    with pytest.raises(Exception, match=r"taxonomy\.yaml: cannot be read: it is a pipe"):
        read_taxonomy(tmp_path / "taxonomy.yaml")
    with pytest.raises(RunStateError, match=r"manifest\.json: cannot be read \(it is a pipe"):
        RunFolder(tmp_path).read_json("manifest.json")
