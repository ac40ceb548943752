"""Which files a path means."""

import io
import os
import sys
from pathlib import Path

import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import TraceError
from topicsmith.traces.files.sources import find_sources

CHAT = {"messages": [{"role": "user", "content": "Hi"}]}


def names(path: str | list[str], folder: Path) -> list[str]:
    return [source.name for source in find_sources(path, folder, folder).sources]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A project with logs in a folder, and a secret beside the folder."""
    inside = tmp_path / "logs" / "may"
    inside.mkdir(parents=True)
    for name in ("b.jsonl", "a.jsonl.gz", "c.parquet", "notes.md", ".hidden.jsonl"):
        (inside / name).write_bytes(b"{}")
    (tmp_path / "secret.jsonl").write_bytes(b"{}")
    return tmp_path


def test_a_folder_is_searched_for_known_suffixes(logs: Path) -> None:
    assert names("logs", logs) == ["logs/may/a.jsonl.gz", "logs/may/b.jsonl", "logs/may/c.parquet"]


def test_globs_and_lists_and_no_file_twice(logs: Path) -> None:
    assert names("logs/**/*.jsonl", logs) == ["logs/may/b.jsonl"]
    assert names(["logs/may/b.jsonl", "logs/*/b*"], logs) == ["logs/may/b.jsonl"]


def test_a_file_may_be_named_anywhere_and_is_called_relative_to_the_project(logs: Path) -> None:
    assert names("../secret.jsonl", logs / "logs") == ["../secret.jsonl"]
    assert names(str(logs / "secret.jsonl"), logs) == ["secret.jsonl"]


def test_brackets_of_what_exists_are_no_wildcards(tmp_path: Path) -> None:
    for folder in ("logs[1]", "logs1", "a[b]/c"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.jsonl").write_bytes(b"{}")
    (tmp_path / "logs1" / "y[2].jsonl").write_bytes(b"{}")
    assert names("logs[1]/*.jsonl", tmp_path) == ["logs[1]/x.jsonl"]
    assert names("logs[1]", tmp_path) == ["logs[1]/x.jsonl"]
    assert names("a[b]/*/x.jsonl", tmp_path) == ["a[b]/c/x.jsonl"]
    assert names("logs1/y[2].jsonl", tmp_path) == ["logs1/y[2].jsonl"]
    assert names("logs[0-9]/*.jsonl", tmp_path) == ["logs1/x.jsonl", "logs1/y[2].jsonl"]


def test_a_suffix_that_the_pattern_writes_out_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"{}")
    assert names("*.log", tmp_path) == ["a.log"]
    assert [item.reason for item in find_sources("*", tmp_path, tmp_path).refused] == ["has another suffix"]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.parquet"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "c.jsonl").symlink_to(tmp_path / "a.jsonl")
    found = find_sources("*", tmp_path, tmp_path)
    assert [(item.source, item.reason) for item in found.refused] == [
        (name, "is no regular file") for name in ("a.jsonl", "b.parquet", "c.jsonl")
    ]
    with pytest.raises(TraceError, match="is no regular file"):
        find_sources("a.jsonl", tmp_path, tmp_path)


def test_nothing_found_is_said(logs: Path) -> None:
    with pytest.raises(TraceError, match=r"logs/june/\*\.jsonl: no such file and no match"):
        names("logs/june/*.jsonl", logs)


def test_a_link_that_leaves_the_folder_is_refused(logs: Path) -> None:
    (logs / "logs" / "may" / "stolen.jsonl").symlink_to(logs / "secret.jsonl")
    (logs / "logs" / "away").symlink_to(logs, target_is_directory=True)
    (logs / "logs" / "may" / "same.jsonl").symlink_to(logs / "logs" / "may" / "b.jsonl")
    found = find_sources("logs", logs, logs)
    assert "logs/may/same.jsonl" in [source.name for source in found.sources]
    assert [(item.source, item.reason) for item in found.refused] == [
        ("logs/away", "link leads out of the folder"),
        ("logs/may/stolen.jsonl", "link leads out of the folder"),
    ]
    globbed = find_sources("logs/*/*.jsonl", logs, logs)
    assert "logs/away/secret.jsonl" not in [source.name for source in globbed.sources]
    assert "logs/away/secret.jsonl" in [item.source for item in globbed.refused]


def test_what_was_refused_is_in_the_dropped_table(tmp_path: Path, run: Ingest) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_lines(folder / "a.jsonl", [CHAT])
    (folder / "b.jsonl").symlink_to("/etc/passwd")
    result = run("logs")
    assert result.reasons == [("logs/b.jsonl", 0, "link leads out of the folder")]
    (folder / "a.jsonl").unlink()
    with pytest.raises(TraceError, match="link leads out of the folder; name the file itself"):
        run("logs")


def test_standard_input(tmp_path: Path, run: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b'{"messages": [{"role": "user", "content": "Piped"}]}\n{"torn')

    monkeypatch.setattr(sys, "stdin", Stdin)
    result = run("-")
    assert result.texts == ["Piped"]
    assert result.reasons == [("standard input", 2, "not JSON")]


def test_a_file_is_called_as_the_user_wrote_it(tmp_path: Path) -> None:
    project = tmp_path / "a" / "project"
    project.mkdir(parents=True)
    (tmp_path / "log.jsonl").write_text("{}")
    for pattern, name in (
        (str(tmp_path / "log.jsonl"), (tmp_path / "log.jsonl").as_posix()),
        ("../../log.jsonl", "../../log.jsonl"),
        (str(tmp_path), f"{tmp_path.as_posix()}/log.jsonl"),
    ):
        (source,) = find_sources(pattern, project, tmp_path).sources
        assert source.name == name
