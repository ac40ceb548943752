"""The three doors; the outside package is really installed into an environment of its own."""

import json
import subprocess
import sys
import venv
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from topicsmith import plugins
from topicsmith.errors import ProjectError

OUTSIDE = Path(__file__).parent / "outside_package"


def test_built_in_parts_come_through_the_doors() -> None:
    assert {"openai", "sharegpt", "table"} <= set(plugins.names("topicsmith.formats"))
    assert {"local", "table"} <= set(plugins.names("topicsmith.annotators"))
    assert {"majority", "linear", "embedding", "encoder"} <= set(plugins.names("topicsmith.candidates"))


def test_every_built_in_part_loads() -> None:
    groups: tuple[plugins.Group, ...] = ("topicsmith.formats", "topicsmith.annotators", "topicsmith.candidates")
    for group in groups:
        for name in plugins.names(group):
            assert plugins.find(group, name) is not None


def test_an_unknown_part_is_named_with_the_known_ones() -> None:
    with pytest.raises(ProjectError, match=r"unknown candidate kind 'oracle'; known: .*linear"):
        plugins.find("topicsmith.candidates", "oracle")


def test_a_part_that_cannot_be_imported_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "no_such_module:KIND", "topicsmith.candidates")
    monkeypatch.setattr(plugins, "_found", lambda group: {"broken": broken})
    with pytest.raises(ProjectError, match=r"'broken' of the package no_such_module:KIND cannot be imported"):
        plugins.find("topicsmith.candidates", "broken")


def test_an_outside_package_adds_a_format_an_annotator_and_a_candidate(tmp_path: Path) -> None:
    """Install it beside topicsmith, run a project that uses all three, and load its model folder alone."""
    environment = tmp_path / "env"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    site = next((environment / "lib").glob("python*/site-packages"))
    ours = Path(__file__).parent.parent / "src"
    inherited = [ours, *(p for p in sys.path if p.endswith("site-packages"))]
    site.joinpath("inherited.pth").write_text("\n".join(map(str, inherited)) + "\n")
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation", str(OUTSIDE)]
    subprocess.run(install, check=True, capture_output=True)
    project = tmp_path / "project"
    project.mkdir()
    said = [f"{topic} do this and that, number {n * 7919 % 1000}" for n in range(40) for topic in ("cats", "dogs")]
    lines = [json.dumps({"day": day, "said": text}) for day, text in enumerate(said)]
    project.joinpath("log.jsonl").write_text("\n".join(lines))
    project.joinpath("topicsmith.yaml").write_text(
        "name: outside\n"
        "traces: {path: log.jsonl, format: diary}\n"
        "taxonomy: {topics: [cats, dogs]}\n"
        "labeling: {annotators: ['firstword:strict', 'firstword:lenient']}\n"
        "candidates: [{name: words, kind: firstword, minimum: 2}]\n"
    )
    run = [python, "-m", "topicsmith", "run", "-p", str(project), "--until", "evaluate"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    board = json.loads(project.joinpath("runs/latest/leaderboard.json").read_text())
    assert [(row["candidate"], row["kind"], row["accuracy"]) for row in board] == [("words", "firstword", 1.0)]
    classify = [python, "-m", "topicsmith", "classify", str(project / "runs/latest/classifiers/words")]
    answer = subprocess.run(classify, input="dogs bark\n", capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["topic"] == "dogs"
