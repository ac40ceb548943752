"""Accepting: shown, written when asked, said to be in effect, and refused where it contradicts something."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import write_small_project
from tests.discovery.made import PROPOSALS, discovery, proposal, rows
from topicsmith.discovery.accepting.accept import Acceptance, Choosing, DiscoveryPlace, accept, find_discovery
from topicsmith.discovery.files import write_discovery
from topicsmith.errors import ProjectError, RunStateError, TaxonomyError
from topicsmith.project_file import read_project
from topicsmith.stages.taxonomy_edit import TopicsOfProject

TOPICS = """\
# ours
topics:
- Music  # songs
- Travel
- {name: Money, examples: [my bank]}
- {name: Other, catch_all: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a discovery in the folder 'found'; nothing was run yet."""
    folder = write_small_project(tmp_path / "small")
    path = folder / "topicsmith.yaml"
    path.write_text(path.read_text().replace("taxonomy: {topics: [Music, Travel, Money]}", "taxonomy: taxonomy.yaml"))
    (folder / "taxonomy.yaml").write_text(TOPICS)
    digest = read_project(folder).taxonomy.version_digest
    write_discovery(folder / "found", discovery(taxonomy=digest), rows())
    return folder


def accepted(project: Path, *only: int, write: bool = False, every: bool = False) -> Acceptance:
    place = find_discovery(project / "found")
    return accept(place, TopicsOfProject(project), Choosing(every, only), write=write, examples=2)


def mark(project: Path, old: str, new: str, start: str = "proposals:") -> None:
    path = project / "found/proposals.yaml"
    head, key, rest = path.read_text().partition(start)
    assert old in rest
    path.write_text(head + key + rest.replace(old, new, 1))


def test_nothing_is_taken_that_is_not_marked(project: Path) -> None:
    found = accepted(project, write=True)
    assert (found.accepted, found.marked, found.applied.after, found.reassigned) == ((), 5, None, None)
    assert (project / "taxonomy.yaml").read_text() == TOPICS
    assert not (project / "found/accepted_rows.parquet").exists()


def test_what_is_marked_is_shown_and_written_when_asked(project: Path) -> None:
    mark(project, "accept: no", "accept: yes")
    mark(project, "name: Refunds", "name: Money back")
    shown = accepted(project)
    assert [(each.id, each.kind, each.name, each.rows) for each in shown.accepted] == [(1, "new", "Money back", 12)]
    assert "+- name: Money back" in shown.applied.text_diff
    assert ((project / "taxonomy.yaml").read_text(), shown.applied.written) == (TOPICS, False)
    done = accepted(project, write=True)
    assert (done.applied.written, done.applied.version, done.notes) == (True, 2, ())
    after = (project / "taxonomy.yaml").read_text()
    assert after.startswith("# ours\ntopics:\n- Music  # songs\n- Travel\n- {name: Money, examples: [my bank]}\n")
    money = read_project(project).taxonomy.topic("Money back")
    assert (money.sources, len(money.examples)) == (("Other",), 10)
    table = pl.read_parquet(project / "found/accepted_rows.parquet")
    assert table.columns == ["discovery", "proposal", "row_id", "text", "topic", "subtopic", "rank"]
    assert (len(table), set(table["topic"]), table["rank"].to_list()) == (30, {"Money back"}, list(range(30)))


def test_accepted_again_it_is_in_effect_whatever_became_of_its_words(project: Path) -> None:
    accepted(project, 1, 2, 3, write=True)
    path = project / "taxonomy.yaml"
    path.write_text(path.read_text().replace("money that customers want back", "our own words"))
    before = path.read_text()
    again = accepted(project, 1, 2, 3, write=True)
    assert (again.accepted, path.read_text()) == ((), before)
    assert [line.rpartition(": ")[2] for line in again.applied.already] == [
        "the proposal 1 is in effect already, as 'Refunds'",
        "the proposal 2 is in effect already, as 'Travel / Visas'",
        "reword Money",
    ]
    assert again.notes == (f"{path}: the topics have changed since the discovery was made",)
    assert len(pl.read_parquet(project / "found/accepted_rows.parquet")) == 30 + 30 + 19
    path.write_text(TOPICS)  # taken back by hand: it can be accepted once more
    assert [each.id for each in accepted(project, 1).accepted] == [1]


def test_several_times_adds_up(project: Path) -> None:
    accepted(project, 1, write=True)
    accepted(project, 4, write=True)
    accepted(project, 3, write=True)
    table = pl.read_parquet(project / "found/accepted_rows.parquet")
    assert table.group_by("proposal").len().sort("proposal").rows() == [(1, 30), (3, 19)]
    assert read_project(project).taxonomy.names == ("Leisure", "Money", "Refunds", "Other")


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ((4, 5), "'Music' stands in two edits, 'split Music into Songs, Concerts' here and 'merge Music, Travel into"),
        (
            (2, 4),
            "'Travel' stands in two edits, 'merge Music, Travel into Leisure' here and 'add Visas under Travel' in",
        ),
    ],
)
def test_two_proposals_about_one_topic_are_refused(project: Path, only: tuple[int, ...], message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        accepted(project, *only, write=True)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{project}/found/proposals.yaml:")
    assert (project / "taxonomy.yaml").read_text() == TOPICS


@pytest.mark.parametrize(
    ("topics", "number", "message"),
    [
        (TOPICS.replace("- Travel", "- Refunds"), 1, "'Refunds' is a topic already; choose another name, or merge"),
        (TOPICS.replace("- Travel", "- {name: Trips, was: Travel}"), 2, "it is called 'Trips' now; correct the name"),
        (TOPICS.replace("- Travel\n", ""), 4, "'Travel' is not one of the topics"),
        (
            TOPICS.replace("- Travel", "- {name: T, examples: [Refunds question 3]}"),
            1,
            "the example 'Refunds question 3'",
        ),
    ],
)
def test_topics_that_changed_since_are_told_with_the_line(
    project: Path, topics: str, number: int, message: str
) -> None:
    (project / "taxonomy.yaml").write_text(topics)
    with pytest.raises(TaxonomyError) as refused:
        accepted(project, number)
    lines = (project / "found/proposals.yaml").read_text().splitlines()
    place, _, said = str(refused.value).removeprefix(f"{project}/found/proposals.yaml:").partition(": ")
    assert lines[int(place) - 1] == f"- id: {number}"
    assert message in said


def test_numbers_that_are_none(project: Path) -> None:
    with pytest.raises(ProjectError, match=r"--only 7: .*has no such proposal; it has: 1, 2, 3, 4, 5"):
        accepted(project, 7)
    with pytest.raises(ProjectError, match="contradict each other"):
        accepted(project, 1, every=True)
    mark(project, "id: 2", "id: 22")
    with pytest.raises(ProjectError, match=r"yaml:\d+: the proposal 22 was not made; put back its 'id'"):
        accepted(project, 1)


def test_every_one_at_once(project: Path) -> None:
    digest = read_project(project).taxonomy.version_digest
    some = (*PROPOSALS[:3], proposal(6, name="Fees"))
    write_discovery(project / "found", discovery(*some, taxonomy=digest), rows(*some))
    assert [each.id for each in accepted(project, every=True, write=True).accepted] == [1, 2, 3, 6]
    assert len(read_project(project).taxonomy.names) == 6


def test_where_a_discovery_lies(project: Path, tmp_path: Path) -> None:
    folder = project / "runs/r/discovery"
    write_discovery(folder, discovery(), rows())
    (project / "runs/latest").symlink_to("r")
    (project / "runs/r/manifest.json").write_text("{}")
    whole = DiscoveryPlace(folder, folder / "proposals.yaml")
    assert find_discovery(folder) == find_discovery(folder / "proposals.yaml") == whole
    assert find_discovery(project / "runs/r") == whole
    for place in (project, project / "topicsmith.yaml"):
        found = find_discovery(place)
        assert found.file == project / "runs/latest/discovery/proposals.yaml"
        assert found.run is not None
        assert (found.run.name, found.project) == ("r", project / "topicsmith.yaml")
    assert find_discovery(project / "found").project == Path()
    for place in (tmp_path, tmp_path / "nowhere", project / "taxonomy.yaml"):
        with pytest.raises(RunStateError, match="no discovery lies here; 'topicsmith discover' makes one"):
            find_discovery(place)


def test_a_damaged_table_of_accepted_rows_is_told(project: Path) -> None:
    (project / "found/accepted_rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunStateError, match=r"accepted_rows\.parquet: cannot be read as Parquet"):
        accepted(project, 1, write=True)
    assert (project / "taxonomy.yaml").read_text() == TOPICS


def test_rows_of_another_discovery_are_kept_and_mean_nothing_here(project: Path) -> None:
    accepted(project, 1, write=True)
    (project / "taxonomy.yaml").write_text(TOPICS)
    other = replace(discovery(), rows=1)
    write_discovery(project / "found", other, rows())
    accepted(project, 1, write=True)
    table = pl.read_parquet(project / "found/accepted_rows.parquet")
    assert (len(table), table["discovery"].n_unique()) == (60, 2)
