"""``topicsmith ledger`` as a person meets it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.llm.ledger.filling import fill, first_version


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose run has five answers at a quarter of a dollar."""
    folder = tmp_path / "project"
    (folder / "runs" / "one").mkdir(parents=True)
    (folder / "runs" / "one" / "manifest.json").write_text("{}")
    (folder / "topicsmith.yaml").write_text("name: project\n")
    fill(folder / "runs" / "ledger.sqlite", range(5))
    return folder


def test_answers_are_counted_by_model_account_and_day(project: Path) -> None:
    done = topicsmith("ledger", project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{project}/runs/ledger.sqlite: 5 answers",
        "model       account       day         answers",
        "openai:m-1  labeling:one  2023-11-15        5",
        "paid $1.2500; 0 answers of unknown price; 0 batches not collected",
    ]
    shown = json.loads(topicsmith("ledger", project / "runs" / "one", "--json").stdout)
    assert (shown["command"], shown["exit_code"], shown["answers"], shown["usd"]) == ("ledger", 0, 5, 1.25)
    assert shown["kept"] == [
        {"provider": "openai", "model": "m-1", "account": "labeling:one", "day": "2023-11-15", "answers": 5}
    ]


@pytest.mark.slow
def test_answers_are_exported_from_the_folder_one_is_in_and_nothing_is_overwritten(project: Path) -> None:
    done = topicsmith("ledger", "export", "answers.jsonl", cwd=project)
    assert (done.returncode, done.stderr) == (0, "5 answers in answers.jsonl\n")
    texts = [json.loads(line)["text"] for line in (project / "answers.jsonl").read_text().splitlines()]
    assert sorted(texts) == [f"answer {n}" for n in range(5)]
    again = topicsmith("ledger", ".", "export", "answers.jsonl", cwd=project)
    assert (again.returncode, "already exists; add '--force'" in again.stderr) == (2, True)
    forced = topicsmith("ledger", ".", "export", "answers.jsonl", "--force", "--json", cwd=project)
    assert json.loads(forced.stdout)["answers"] == 5


@pytest.mark.slow
def test_another_persons_ledger_is_merged_once(project: Path, tmp_path: Path) -> None:
    first_version(tmp_path / "other.sqlite", 3, start=4)
    found = [
        json.loads(topicsmith("ledger", project, "merge", tmp_path / "other.sqlite", "--json").stdout) for _ in "ab"
    ]
    assert [(each["answers"], each["usd"], each["jobs"], each["lost"]) for each in found] == [
        (2, 1, 1, 0),
        (0, 0, 0, 0),
    ]
    done = topicsmith("ledger", "merge", "nothing.sqlite", cwd=project)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.slow
def test_pruning_asks_first_and_keeps_what_was_spent(project: Path) -> None:
    asked = topicsmith("ledger", "prune", "--model", "openai:m-1", cwd=project)
    assert asked.returncode == 2
    assert "5 answers would be removed for good; add '--yes' to remove them" in asked.stderr
    done = topicsmith("ledger", "prune", "--before", "2024-01-01", "--yes", cwd=project)
    assert (done.returncode, done.stderr) == (0, "5 answers removed; what was spent on them stays counted\n")
    shown = json.loads(topicsmith("ledger", "--json", cwd=project).stdout)
    assert (shown["answers"], shown["usd"]) == (0, 1.25)


WRONG = {
    "an action nobody knows": (("burn",), "'burn': no such action"),
    "an export to nowhere": (("export",), "'export' needs a file"),
    "a list with a file": (("list", "x"), "'list' takes no file: leave out 'x'"),
    "a prune of everything": (("prune",), "'prune' needs --before DATE or --model NAME"),
    "a list with a model": (("list", "--model", "m"), "'list' takes no --before or --model"),
    "a day that is none": (("prune", "--before", "soon"), "--before soon: not a day; write it as"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_options_that_do_not_fit_are_refused_in_one_line(arguments: tuple[str, ...], said: str, project: Path) -> None:
    done = topicsmith("ledger", ".", *arguments, cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
