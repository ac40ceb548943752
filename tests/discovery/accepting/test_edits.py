"""Proposals as edits."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.discovery.made import PROPOSALS, discovery, proposal, rows, texts
from topicsmith.discovery.accepting.edits import edits_of
from topicsmith.discovery.files import KeptDiscovery, write_discovery
from topicsmith.discovery.proposals_yaml import ProposedEntry, read_proposals
from topicsmith.discovery.records import Proposal
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.apply_edits import apply_edits
from topicsmith.taxonomy_changes.edits import Add, Edit, Merge, Reword, Split

TOPICS = Taxonomy(
    (Topic("Music", "songs", ("la la",)), Topic("Travel"), Topic("Money", examples=("my bank",)), Topic("Other")),
    "Other",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def edit(
    folder: Path, of: Proposal, taxonomy: Taxonomy = TOPICS, most: int = 20, **changed: object
) -> tuple[Edit, KeptDiscovery]:
    kept = write_discovery(folder, discovery(of), rows(of), overwrite=True)
    (marked,) = read_proposals(folder / "proposals.yaml", kept.digest)
    entry: ProposedEntry = marked.entry.model_copy(update=changed)
    (found,) = edits_of([replace(marked, entry=entry)], kept, taxonomy, most)
    return found.edit, kept


def test_a_new_topic_takes_rows_from_the_catch_all_and_examples_from_the_middle(folder: Path) -> None:
    found, _ = edit(folder, PROPOSALS[0])
    assert isinstance(found, Add)
    assert (found.add, found.description, found.sources) == ("Refunds", "money that customers want back", ["Other"])
    assert found.examples == [*texts("Refunds", 12), *(f"Refunds more {n}" for n in range(8))]


def test_without_a_catch_all_rows_come_from_the_topics_of_its_rows(folder: Path) -> None:
    plain = replace(TOPICS, catch_all=None)
    assert edit(folder, PROPOSALS[0], plain)[0].sources == ["Music"]  # type: ignore[union-attr]
    assert edit(folder, PROPOSALS[0], plain, sources=["Travel"])[0].sources == ["Travel"]  # type: ignore[union-attr]
    assert edit(folder, PROPOSALS[0], sources=[])[0].sources == []  # type: ignore[union-attr]


def test_what_a_person_took_out_and_what_others_have_is_no_example(folder: Path) -> None:
    chosen = ["Mine!", *texts("Refunds", 10)[:4]]
    known = replace(TOPICS, topics=(*TOPICS.topics[:3], Topic("Other", examples=("refunds QUESTION 10",))))
    found, _ = edit(folder, PROPOSALS[0], known, most=7, examples=chosen)
    assert isinstance(found, Add)
    assert found.examples == [*chosen, "Refunds question 11", "Refunds more 0"]
    found, _ = edit(folder, PROPOSALS[0], most=2, examples=chosen)
    assert found.examples == chosen  # type: ignore[union-attr]  # what a person wrote is never cut


def test_very_long_rows_are_no_examples_unseen(folder: Path) -> None:
    long = proposal(1, examples=(*texts("Refunds", 10), "x" * 401))
    assert "x" * 401 not in edit(folder, long)[0].examples  # type: ignore[union-attr,operator]


def test_a_subtopic_and_more_examples(folder: Path) -> None:
    found, _ = edit(folder, PROPOSALS[1], most=3)
    assert isinstance(found, Add)
    assert (found.add, found.under, found.sources, len(found.examples)) == ("Visas", "Travel", None, 10)
    found, _ = edit(folder, PROPOSALS[2], most=2)
    assert found == Reword(reword="Money", examples=["my bank", "where is my cash", "Money more 0"], same_meaning=True)
    found, _ = edit(folder, PROPOSALS[2], most=1, description="all of it")
    assert isinstance(found, Reword)
    assert found.description == "all of it"


def test_topics_as_one_and_one_as_several(folder: Path) -> None:
    assert edit(folder, PROPOSALS[3])[0] == Merge(merge=["Music", "Travel"], into="Leisure")
    found, _ = edit(folder, PROPOSALS[4])
    assert isinstance(found, Split)
    assert [(part.name, part.description, part.examples) for part in found.into] == [
        ("Songs", "what is sung", list(texts("Songs", 3))),
        ("Concerts", "", list(texts("Concerts", 2))),
    ]
    stays = replace(
        PROPOSALS[4], parts=(replace(PROPOSALS[4].parts[0], name="Music", description="", examples=()),) * 2
    )
    found, _ = edit(folder, stays)
    assert isinstance(found, Split)
    assert (found.into[0].description, found.into[0].examples) == (None, None)  # keeps its own


@pytest.mark.parametrize("place", range(5))
def test_accepted_twice_it_is_in_effect(folder: Path, place: int) -> None:
    kept = write_discovery(folder, discovery(), rows())
    marked = read_proposals(folder / "proposals.yaml", kept.digest)[place : place + 1]
    after = apply_edits(TOPICS, edits_of(marked, kept, TOPICS)).taxonomy
    assert after != TOPICS
    again = apply_edits(after, edits_of(marked, kept, after))
    assert (again.taxonomy, len(again.already)) == (after, 1)


def test_two_proposals_do_not_share_an_example(folder: Path) -> None:
    both = (proposal(1, examples=("same",)), proposal(2, name="Fees", examples=("other",)))
    shared = [replace(row, text="same more") if row.rank == 1 else row for row in rows(*both)]
    kept = write_discovery(folder, discovery(*both), shared)
    first, second = edits_of(read_proposals(folder / "proposals.yaml", kept.digest), kept, TOPICS, 4)
    assert "same more" in first.edit.examples  # type: ignore[union-attr,operator]
    assert "same more" not in second.edit.examples  # type: ignore[union-attr,operator]
