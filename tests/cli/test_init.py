"""A new project can be read as it is, and an old one is left alone."""

from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from topicsmith.atomic_files import write_bytes
from topicsmith.cli.init import init
from topicsmith.errors import StorageError
from topicsmith.project_file import read_project


def test_what_init_writes_is_a_project(tmp_path: Path) -> None:
    done = topicsmith("init", "my topics!", cwd=tmp_path)
    assert done.returncode == 0
    project = read_project(tmp_path / "my topics!")
    assert project.name == "my-topics"
    assert project.taxonomy.catch_all == "Other"
    assert len(project.candidates) == 4


def test_init_writes_nothing_over(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "taxonomy.yaml").write_text("mine")
    done = topicsmith("init", "p", cwd=tmp_path)
    assert done.returncode == 2
    assert "already exists and was not changed" in done.stderr
    assert [(p.name, p.read_text()) for p in (tmp_path / "p").iterdir()] == [("taxonomy.yaml", "mine")]


@pytest.mark.slow
def test_existing_logs_give_a_project_that_runs(small_project: Path, tmp_path: Path) -> None:
    logs = tmp_path / "chats.jsonl"
    logs.write_text((small_project / "rows.jsonl").read_text())
    done = topicsmith("init", "chats.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "chats-topics/topicsmith.yaml\n"), done.stderr
    assert "column 'text' holds the texts, and 'topic' gives 3 topics" in done.stderr
    made = read_project(tmp_path / "chats-topics")
    assert (made.traces.path, made.traces.text, made.traces.topic, made.traces.id) == (
        "../chats.jsonl", "text", "topic", "id",
    )  # fmt: skip
    assert set(made.taxonomy.names) == {"Music", "Travel", "Money"}
    assert made.labeling.annotators == []
    run = topicsmith("run", "chats-topics", "--until", "balance", cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_logs_by_option_and_logs_in_a_data_folder(tmp_path: Path) -> None:
    talk = '{"messages": [{"role": "user", "content": "where is my card"}]}\n'
    (tmp_path / "mine" / "data").mkdir(parents=True)
    (tmp_path / "mine" / "data" / "a.jsonl").write_text(talk)
    done = topicsmith("init", "mine", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "mine/topicsmith.yaml\n"), done.stderr
    assert "  where is my card\n" in done.stderr
    assert read_project(tmp_path / "mine").traces.path == "data"
    named = topicsmith("init", "other", "--from", "mine/data", cwd=tmp_path)
    assert (named.returncode, named.stdout) == (0, "other/topicsmith.yaml\n"), named.stderr
    project = read_project(tmp_path / "other")
    assert (project.traces.path, project.labeling.annotators) == (
        "../mine/data",
        ["local:similarity", "local:keywords"],
    )


@pytest.mark.parametrize("broken", ["topicsmith.yaml", "taxonomy.yaml"])
def test_security_k21_half_a_project_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def failing(path: Path, data: bytes) -> None:
        if path.name == broken:
            raise StorageError(f"{path}: cannot be written")
        write_bytes(path, data)

    monkeypatch.setattr("topicsmith.cli.init.write_bytes", failing)
    with pytest.raises(StorageError):
        init(tmp_path / "mine")
    assert not [path for path in (tmp_path / "mine").glob("*") if path.is_file()]
    monkeypatch.undo()
    init(tmp_path / "mine")
    assert (tmp_path / "mine" / "topicsmith.yaml").is_file()
