"""``topicsmith costs``: what was spent, in a table and as JSON."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.llm.ledger.filling import DAY, NOON, key, paid
from topicsmith.llm.ledger.ledger import Ledger


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two runs: labelling on two days, a load test, and an answer of unknown price."""
    folder = tmp_path / "project"
    for name in ("one", "two"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / "manifest.json").write_text("{}")
    (folder / "topicsmith.yaml").write_text("name: project\n")
    with Ledger(folder / "runs" / "ledger.sqlite") as ledger:
        ledger.save("labeling:one", [(key(0), paid()), (key(1), paid(at=NOON + DAY, model="m-2"))])
        ledger.save("bench:two/a", [(key(2), paid(usd=None))], assumed_usd=0.5)
    return folder


def test_costs_stand_by_model_day_purpose_and_run(project: Path) -> None:
    done = topicsmith("costs", project)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["by", "model", "answers", "$", "assumed", "$", "unpriced", "input", "cached", "output", "reasoning"],
        ["openai:m-1", "2", "0.2500", "0.5000", "1", "20", "8", "4", "2"],
        ["openai:m-2", "1", "0.2500", "0.0000", "0", "10", "4", "2", "1"],
        ["by", "day", "answers", "$", "assumed", "$", "unpriced", "input", "cached", "output", "reasoning"],
        ["2023-11-15", "2", "0.2500", "0.5000", "1", "20", "8", "4", "2"],
        ["2023-11-16", "1", "0.2500", "0.0000", "0", "10", "4", "2", "1"],
        ["by", "purpose", "answers", "$", "assumed", "$", "unpriced", "input", "cached", "output", "reasoning"],
        ["bench", "1", "0.0000", "0.5000", "1", "10", "4", "2", "1"],
        ["labeling", "2", "0.5000", "0.0000", "0", "20", "8", "4", "2"],
        ["by", "run", "answers", "$", "assumed", "$", "unpriced", "input", "cached", "output", "reasoning"],
        ["one", "2", "0.5000", "0.0000", "0", "20", "8", "4", "2"],
        ["two", "1", "0.0000", "0.5000", "1", "10", "4", "2", "1"],
        ["total", "3", "0.5000", "0.5000", "1", "30", "12", "6", "3"],
    ]


def test_costs_of_one_run_are_its_own(project: Path) -> None:
    shown = json.loads(topicsmith("costs", project / "runs" / "two", "--json").stdout)
    assert (shown["run"], shown["total"]["answers"], shown["total"]["assumed_usd"]) == ("two", 1, 0.5)
    assert [(each["name"], each["unpriced"]) for each in shown["by_purpose"]] == [("bench", 1)]
    everything = json.loads(topicsmith("costs", "--json", cwd=project).stdout)
    for by in ("by_model", "by_day", "by_purpose", "by_run"):
        for field in ("answers", "usd", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"):
            assert sum(each[field] for each in everything[by]) == everything["total"][field]


def test_a_folder_that_is_nothing_of_ours_is_refused(tmp_path: Path) -> None:
    done = topicsmith("costs", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
