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


@pytest.mark.slow
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
        "candidates: [{name: words, kind: firstword, minimum: 2}, {name: floor, kind: majority}]\n"
        "targets: {long_texts: true, changing_topics: true, self_hosted: true}\n"
    )
    run = [python, "-m", "topicsmith", "run", "-p", str(project)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    board = json.loads(project.joinpath("runs/latest/leaderboard.json").read_text())
    assert next((row["candidate"], row["kind"], row["accuracy"]) for row in board) == ("words", "firstword", 1.0)
    advice = json.loads(project.joinpath("runs/latest/advice.json").read_text())
    standing = next(found for found in advice["standings"] if found["candidate"] == "words")
    # what its traits say, the weightiest first: texts leave for a service, it needs no new training, it reads one token
    assert standing["misses"][0] == "texts leave for a service"
    assert [miss.startswith("reads the first 1 tokens at most") for miss in standing["misses"][1:]] == [True]
    costs = {entry["candidate"]: entry for entry in json.loads(project.joinpath("runs/latest/costs.json").read_text())}
    assert (costs["words"]["serving"]["usd_per_1k"], costs["words"]["serving"]["detail"]) == (0.25, "as its kind says")
    card = project.joinpath("runs/latest/classifiers/words/README.md").read_text()
    assert "of the kind `firstword` (the first word decides)" in card
    assert "Texts are sent to a service" in card
    classify = [python, "-m", "topicsmith", "classify", str(project / "runs/latest/classifiers/words")]
    answer = subprocess.run(classify, input="dogs bark\n", capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["topic"] == "dogs"
