"""The version of the taxonomy that a run works with."""

import json
from pathlib import Path

import pytest

from tests.stages.test_agree import Heard
from tests.test_pipeline import run
from topicsmith.errors import TaxonomyError
from topicsmith.project_file import read_project
from topicsmith.stages.taxonomy_version import note_version


def test_a_run_keeps_the_version_and_says_which_it_used(small_project: Path) -> None:
    run(small_project, ["ingest", "label"])
    counts = json.loads((small_project / "runs/latest/manifest.json").read_text())["stages"]["label"]["counts"]
    digest = read_project(small_project).taxonomy.version_digest
    assert counts["taxonomy"] == {"version": 1, "digest": digest, "topics": 3}
    project = (small_project / "topicsmith.yaml").read_text()
    run(small_project, ["ingest", "label"])
    assert (small_project / "topicsmith.yaml").read_text() == project
    assert len((small_project / "topicsmith.history").read_text().splitlines()) == 1


@pytest.mark.parametrize("pattern", ["*.jsonl", "*.json*"])
def test_the_history_is_not_read_as_logs(small_project: Path, pattern: str) -> None:
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("rows.jsonl", f"'{pattern}'"))
    for _ in range(2):
        run(small_project, ["ingest"])
    counts = json.loads((small_project / "runs/latest/manifest.json").read_text())["stages"]["ingest"]["counts"]
    assert counts["traces"] == 180


def test_what_changed_is_said_once(small_project: Path) -> None:
    heard = Heard()
    note_version(read_project(small_project), heard)
    assert heard.lines == []
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("[Music", "[{name: Sound, was: Music}"))
    for _ in range(2):
        versions = note_version(read_project(small_project), heard)
    assert heard.lines == [
        f"taxonomy: {versions[1].name}: renamed 'Music' to 'Sound'; 'topicsmith taxonomy diff 1' lists all"
    ]


def test_a_history_that_cannot_be_written_is_said_and_the_run_goes_on(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    heard = Heard()
    monkeypatch.setattr("topicsmith.taxonomy_changes.history.os.fsync", full)
    assert note_version(read_project(small_project), heard) == ()
    assert "cannot be kept: No space left on device; free space" in heard.lines[0]


def test_what_the_topics_do_not_say_names_their_file(small_project: Path) -> None:
    note_version(read_project(small_project), Heard())
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("Money]", "Money, {name: Sound, from: Musik}]"))
    with pytest.raises(TaxonomyError) as raised:
        note_version(read_project(small_project), Heard())
    assert str(raised.value) == (
        f"{project}: 'Sound' takes rows 'from: Musik', which never was a topic; did you mean 'Music'?; take it out, or "
        "name the topic as it was called"
    )
