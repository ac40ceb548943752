"""Where the answers of a run are kept, and whom they are paid for."""

from pathlib import Path

import pytest

from tests.llm.ledger.filling import fill, first_version
from topicsmith.errors import RunStateError
from topicsmith.labels.run_ledger import (
    FoundLedger,
    candidate_account,
    discovery_account,
    find_ledger,
    labeling_account,
    ledger_of,
    run_ledger,
)
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.runs import RunFolder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two runs, of which one has a ledger of version 1 of its own."""
    folder = tmp_path / "project"
    for name in ("one", "two"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / "manifest.json").write_text("{}")
    (folder / "runs" / "latest").symlink_to("two")
    (folder / "topicsmith.yaml").write_text("name: project\n")
    first_version(folder / "runs" / "one" / "ledger.sqlite", 3)
    return folder


def test_a_run_that_asks_models_takes_over_what_it_had_alone(project: Path) -> None:
    path = run_ledger(RunFolder(project / "runs" / "one"))
    assert path == project / "runs" / "ledger.sqlite"
    assert run_ledger(RunFolder(project / "runs" / "latest")) == path
    with Ledger(path) as ledger:
        assert ledger.spent(labeling_account("one")).answers == 4
        assert ledger.spent(labeling_account("two")).answers == 0
    assert (project / "runs" / "one" / "ledger.sqlite.merged").is_file()


def test_a_run_elsewhere_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    fill(tmp_path / "run" / "ledger.sqlite", [1])
    assert run_ledger(RunFolder(tmp_path / "run")) == tmp_path / "run" / "ledger.sqlite"


@pytest.mark.parametrize("where", ["", "topicsmith.yaml", "runs/one", "runs/latest", "runs/ledger.sqlite"])
def test_the_ledger_is_found_from_wherever_a_person_points(where: str, project: Path) -> None:
    run_ledger(RunFolder(project / "runs" / "one"))
    found = find_ledger(project / where)
    run = {"runs/one": "one", "runs/latest": "two"}.get(where)
    assert found == FoundLedger(project / "runs" / "ledger.sqlite", run)


def test_looking_at_a_project_takes_over_the_ledgers_of_all_its_runs(project: Path) -> None:
    first_version(project / "runs" / "two" / "ledger.sqlite", 2, start=10)
    with Ledger(find_ledger(project).path) as ledger:
        assert ledger.count() == 5


def test_where_there_is_no_ledger_it_is_said(tmp_path: Path, project: Path) -> None:
    with pytest.raises(RunStateError, match="not a run folder"):
        find_ledger(tmp_path / "nowhere")
    with pytest.raises(RunStateError, match=r"ledger\.sqlite: does not exist yet; 'topicsmith run' makes it"):
        find_ledger(project / "runs" / "two")


def test_a_model_folder_in_a_run_uses_the_projects_ledger_and_another_one_the_users(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert ledger_of(project / "runs" / "one" / "classifiers" / "asked") == project / "runs" / "ledger.sqlite"
    inside = project / "runs" / "one" / "classifiers" / "both" / "member-1"
    assert ledger_of(inside) == project / "runs" / "ledger.sqlite"
    assert ledger_of(project / "runs" / "one") == tmp_path / "cache" / "topicsmith" / "ledger.sqlite"
    assert ledger_of(tmp_path / "elsewhere") == tmp_path / "cache" / "topicsmith" / "ledger.sqlite"
    (tmp_path / "manifest.json").write_text("{}")
    assert ledger_of(tmp_path / "classifiers" / "asked") == tmp_path / "ledger.sqlite"


@pytest.mark.parametrize("content", [b"", b"some notes of mine"])
def test_another_file_is_refused_and_nothing_is_left_beside_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(content)
    with pytest.raises(RunStateError, match=r"notes\.txt: not a ledger; name a project"):
        find_ledger(tmp_path / "notes.txt")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("notes.txt", content)]


def test_what_is_discovered_in_a_run_counts_towards_its_budget() -> None:
    assert (discovery_account("march"), discovery_account()) == ("discover:march", "discover")


def test_a_candidate_has_one_budget_for_all_purposes() -> None:
    accounts = [candidate_account(purpose, "glm", "march") for purpose in ("evaluate", "bench")]
    assert accounts == ["evaluate:march/glm", "bench:march/glm"]
    assert candidate_account("classify", "glm") == "classify:glm"
