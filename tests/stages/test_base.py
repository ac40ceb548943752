"""Work that is done once, and the versions of libraries."""

from importlib.metadata import version
from pathlib import Path

import pytest

from topicsmith.progress import SilentProgress
from topicsmith.project_file import read_project
from topicsmith.runs import Manifest, RunFolder
from topicsmith.stages.base import StageContext, library_versions, writes


def test_versions_of_installed_libraries() -> None:
    found = library_versions(("numpy", "no-such-library"))
    assert found["numpy"] == version("numpy")
    assert set(found) == {"topicsmith", "numpy"}


def test_fixed_files() -> None:
    assert writes("a", "b")(None) == ("a", "b")  # type: ignore[arg-type]  # the project plays no part


def test_work_is_done_once_until_what_it_depends_on_changes(small_project: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    context = StageContext(read_project(small_project), folder, Manifest(folder), SilentProgress())
    done = []

    def work(depends_on: object) -> None:
        with context.once("train/a", depends_on, ["a.txt"]) as todo:
            if todo is not None:
                done.append(depends_on)
                folder.file("a.txt").write_text(str(depends_on))
                todo.counts = {"n": len(done)}

    for depends_on in (1, 1, 2, 2):
        work(depends_on)
    assert done == [1, 2]
    assert Manifest(folder).stage("train/a")["counts"] == {"n": 2}
    folder.file("a.txt").write_text("by hand")
    work(2)
    assert done == [1, 2, 2]


def test_work_that_fails_is_not_done(small_project: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    context = StageContext(read_project(small_project), folder, Manifest(folder), SilentProgress())
    with pytest.raises(ZeroDivisionError), context.once("a", 1, []):
        raise ZeroDivisionError
    assert Manifest(folder).stage("a")["state"] == "running"
