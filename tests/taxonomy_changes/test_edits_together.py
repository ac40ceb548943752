"""Edits that cannot stand together, and those that can."""

from pathlib import Path

import pytest

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.apply_edits import EditedTaxonomy, apply_edits
from topicsmith.taxonomy_changes.compare import compare
from topicsmith.taxonomy_changes.edits import read_edits
from topicsmith.taxonomy_changes.edits_together import named, said

OLD = Taxonomy(
    (Topic("Shop", "buying", ("buy it",), (Topic("Cards", was=("Plastic",)),)), Topic("News"), Topic("Other"))
)


def edited(tmp_path: Path, text: str, taxonomy: Taxonomy = OLD) -> EditedTaxonomy:
    path = tmp_path / "e.yaml"
    path.write_text(text)
    return apply_edits(taxonomy, read_edits(path))


def test_several_edits_may_add_subtopics_to_one_topic(tmp_path: Path) -> None:
    text = (
        "- {add: Refunds, under: shop, description: money back, examples: [give it back]}\n- {add: Fees, under: Shop}\n"
    )
    found = edited(tmp_path, text)
    shop = found.taxonomy.topic("Shop")
    assert shop.subtopics[1:] == (Topic("Refunds", "money back", ("give it back",)), Topic("Fees"))
    assert shop.subtopics[0] == OLD.topics[0].subtopics[0]
    assert compare(OLD, found.taxonomy).put_up == {"Shop": "the subtopics of 'Shop' changed"}
    again = edited(tmp_path, text, found.taxonomy)
    assert (again.taxonomy, len(again.already)) == (found.taxonomy, 2)
    assert again.already[1].endswith("e.yaml:2: already applied: add Fees under Shop")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- {add: Fees, under: Shop}\n- {remove: Shop}",
            "e.yaml:2: 'Shop' stands in two edits, 'remove Shop' here",
        ),
        ("- {add: Fees, under: Shops}", "'Shops' is not one of the topics; did you mean 'Shop'"),
        (
            "- {add: plastic, under: Shop}",
            "'Shop' has the subtopic 'Cards' already; choose another name than",
        ),
        ("- {add: Fees, under: Shop, from: News}", "a subtopic has neither 'subtopics' nor 'from'"),
    ],
)
def test_what_cannot_stand_together_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        edited(tmp_path, text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {add: Fees}\n- {add: '...'}", "e.yaml:2: the topic name '...' has no letters or digits"),
        ("- {add: Fees, under: News}\n- {add: '!', under: Shop}", "e.yaml:2: the subtopic of 'Shop' name '!' has no"),
        ("- {remove: News}\n- {remove: Other}", "e.yaml:2: a taxonomy needs at least 2 topics"),
    ],
)
def test_what_makes_no_taxonomy_is_told_with_the_line_of_the_edit(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        edited(tmp_path, text)
    assert message in str(refused.value)


def test_the_same_example_under_two_topics_is_told_with_the_line_of_the_edit(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"e\.yaml:2: the example 'Buy it' stands under both 'Shop' and 'Trade'"):
        edited(tmp_path, "- {add: Fees, under: News}\n- {add: Trade, examples: [Buy it]}")


def test_an_edit_is_said_and_named(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("- {split: Shop, into: [A, B]}\n- {rename: News, to: Press}\n")
    edits = [each.edit for each in read_edits(path)]
    assert [said(edit) for edit in edits] == ["split Shop into A, B", "rename News into Press"]
    assert [named(edit) for edit in edits] == [("Shop", "A", "B"), ("News", "Press")]
