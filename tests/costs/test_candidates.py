"""Costs of candidates: known machines are charged by the hour, unknown ones stay unknown."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError
from topicsmith.loadtest.run import LoadResult


def costs(folder: Path) -> dict[str, dict[str, object]]:
    return {row["candidate"]: row for row in json.loads((folder / "runs/latest/costs.json").read_text())}


@pytest.mark.slow
def test_without_a_machine_the_cost_of_answers_is_unknown(small_project: Path) -> None:
    run(small_project)
    assert costs(small_project)["tfidf"]["serving"] is None
    board = json.loads((small_project / "runs/latest/leaderboard.json").read_text())
    assert [row["usd_per_1k"] for row in board] == [None, None]
    assert json.loads((small_project / "runs/latest/advice.json").read_text())["deploy"] == "tfidf"


@pytest.mark.slow
def test_a_machine_is_charged_by_the_hour_at_the_measured_speed(small_project: Path) -> None:
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("serving: {usd_per_hour: 3.6, utilisation: 0.25}\n")
    run(small_project)
    manifest = json.loads((small_project / "runs/latest/manifest.json").read_text())
    speed = manifest["stages"]["evaluate/tfidf"]["counts"]["timing"]["texts_per_s"]
    serving = costs(small_project)["tfidf"]["serving"]
    assert isinstance(serving, dict)
    # 3.6 dollars an hour are 0.001 a second: 1,000 answers at that speed, and a quarter of the time busy.
    assert serving["usd_per_1k_busy"] == pytest.approx(1 / speed)
    assert serving["usd_per_1k"] == pytest.approx(4 / speed)


def test_a_machine_that_no_table_knows_is_named(small_project: Path) -> None:
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("serving: {machine: 'abacus:large'}\n")
    with pytest.raises(ProjectError, match="'abacus:large' is not in the price table"):
        run(small_project)


@pytest.mark.slow
def test_a_load_test_decides_the_speed(small_project: Path) -> None:
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("serving: {usd_per_hour: 3.6, utilisation: 0.5}\n")
    run(small_project)
    slow = LoadResult("closed", 1, None, 10, 10, {}, 1.0, 10.0, 9.0, 9.0, 9.0, None, None)
    measured = {"tfidf": [asdict(replace(slow, texts_per_s=20.0)), asdict(slow)]}
    (small_project / "runs/latest/bench.json").write_text(json.dumps(measured))
    run(small_project)
    serving = costs(small_project)["tfidf"]["serving"]
    assert isinstance(serving, dict)
    # 0.001 dollars a second, 20 texts a second: 0.05 a thousand when busy, twice that when half busy
    assert serving["usd_per_1k_busy"] == pytest.approx(0.05)
    assert serving["usd_per_1k"] == pytest.approx(0.1)
