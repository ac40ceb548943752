"""Edits of a project's topics: shown, written when asked, and told when they are in effect already."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError, TaxonomyError
from topicsmith.stages.taxonomy_edit import TopicsOfProject, apply, apply_as_it_is
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_changes.history import record

TOPICS = "# ours\ntopics:\n- Music  # songs\n- Travel\n- Money\n"


@pytest.fixture
def project(small_project: Path) -> Path:
    """The small project, with its topics in a file of their own."""
    path = small_project / "topicsmith.yaml"
    path.write_text(path.read_text().replace("taxonomy: {topics: [Music, Travel, Money]}", "taxonomy: taxonomy.yaml"))
    (small_project / "taxonomy.yaml").write_text(TOPICS)
    return small_project


def edits(project: Path, text: str) -> Path:
    path = project / "edits.yaml"
    path.write_text(text)
    return path


def test_nothing_is_written_unless_it_is_asked_for(project: Path) -> None:
    found = apply(TopicsOfProject(project), edits(project, "- {rename: Music, to: Sound}"), (), write=False)
    assert [change.line for change in found.diff.changes] == ["renamed   'Music' to 'Sound'"]
    assert "+- {name: Sound, was: Music}  # songs" in found.text_diff
    assert (found.written, (project / "taxonomy.yaml").read_text()) == (False, TOPICS)
    assert not (project / "taxonomy.history").exists()


def test_an_edit_is_written_once_and_then_said_to_be_in_effect(project: Path) -> None:
    file = edits(project, "- {rename: Music, to: Sound}\n- {remove: Money}\n- {add: News}")
    found = apply(TopicsOfProject(project), file, (), write=True)
    assert (found.written, found.version) == (True, 2)
    after = (project / "taxonomy.yaml").read_text()
    assert after == ("# ours\ntopics:\n- {name: Sound, was: Music}  # songs\n- Travel\n- News\nremoved: [Money]\n")
    again = apply(TopicsOfProject(project), file, (), write=True)
    assert (again.nothing, len(again.already)) == ("all edits are in effect already", 3)
    assert (project / "taxonomy.yaml").read_text() == after
    assert len(TopicsOfProject(project).versions) == 2


def test_topics_in_the_project_file_are_edited_there(small_project: Path) -> None:
    found = apply(TopicsOfProject(small_project), edits(small_project, "- {rename: Music, to: Sound}"), (), write=True)
    assert found.written
    assert (
        "taxonomy: {topics: [{name: Sound, was: Music}, Travel, Money]}\n"
        in (small_project / "topicsmith.yaml").read_text()
    )
    assert run(small_project, ["ingest", "label"])


def test_a_link_to_the_file_stays_a_link(project: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    (project / "taxonomy.yaml").rename(real)
    (project / "taxonomy.yaml").symlink_to(real)
    apply(TopicsOfProject(project), edits(project, "- {rename: Music, to: Sound}"), (), write=True)
    assert (project / "taxonomy.yaml").is_symlink()
    assert "Sound" in real.read_text()


def test_hand_made_edits_are_kept_as_a_version_with_what_they_mean(project: Path) -> None:
    topics = TopicsOfProject(project)
    assert apply_as_it_is(topics, (), write=True).version == 1
    assert "is version 1" in apply_as_it_is(TopicsOfProject(project), (), write=True).nothing
    (project / "taxonomy.yaml").write_text(TOPICS.replace("- Travel", "- {name: Travel, description: trips}"))
    with pytest.raises(TaxonomyError, match="'Trips' is not one of the topics"):
        apply_as_it_is(TopicsOfProject(project), ("Trips",), write=True)
    found = apply_as_it_is(TopicsOfProject(project), ("travel",), write=True)
    assert (found.version, found.diff.put_up) == (2, {})
    assert TopicsOfProject(project).versions[1].same_meaning == ("Travel",)


def test_sides_are_versions_digests_and_files(project: Path) -> None:
    topics = TopicsOfProject(project)
    with pytest.raises(ProjectError, match="there is no version yet to compare with"):
        topics.side(None, "last")
    apply(topics, edits(project, "- {remove: Money}"), (), write=True)
    topics = TopicsOfProject(project)
    first, second = topics.versions
    found = [topics.side(name, "now").taxonomy for name in ("1", "v1", first.digest[:6], None)]
    assert found == [first.taxonomy] * 3 + [second.taxonomy]
    assert topics.side(str(project / "taxonomy.yaml"), "now").taxonomy == second.taxonomy
    for name in ("3", "0", "zzzz", ""):
        with pytest.raises((ProjectError, TaxonomyError)):
            topics.side(name, "now")


def test_effects_on_the_latest_run_are_told_beforehand(project: Path) -> None:
    assert TopicsOfProject(project).effects(TopicsOfProject(project).now) is None
    run(project, ["ingest", "label"])
    topics = TopicsOfProject(project)
    after = Taxonomy(topics.now.topics[:2], removed=("Money",))
    effects = topics.effects(after)
    assert effects is not None
    assert (effects.rows, effects.calls, effects.given_put_up) == (180, 0, 60)
    (project / "runs/latest/annotations.parquet").unlink()
    with pytest.raises(ProjectError, match="nothing was labelled yet"):
        topics.sample(5)


def test_a_file_that_changes_meanwhile_is_left_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def and_meanwhile(*given: object, **more: object) -> object:
        (project / "taxonomy.yaml").write_text(TOPICS + "- News\n")
        return record(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("topicsmith.stages.taxonomy_edit.record", and_meanwhile)
    with pytest.raises(TaxonomyError, match="was changed by somebody else meanwhile"):
        apply(TopicsOfProject(project), edits(project, "- {remove: Money}"), (), write=True)
    assert (project / "taxonomy.yaml").read_text() == TOPICS + "- News\n"


@pytest.mark.slow
def test_thousands_of_topics_are_edited_in_a_moment(project: Path) -> None:
    topics = "".join(f"- name: topic {n}\n  description: about {n}\n" for n in range(5000))
    (project / "taxonomy.yaml").write_text("- Music\n- Travel\n- Money\n" + topics)
    text = "".join(f"- {{rename: topic {n}, to: subject {n}}}\n" for n in range(0, 5000, 2))
    found = apply(TopicsOfProject(project), edits(project, text), (), write=False)
    assert found.text_diff == (f"7,500 lines of {project}/taxonomy.yaml are taken out or put in",)
