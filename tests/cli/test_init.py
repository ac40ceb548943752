"""A new project can be read as it is, and an old one is left alone."""

from pathlib import Path

from tests.cli.test_main import topicsmith
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
