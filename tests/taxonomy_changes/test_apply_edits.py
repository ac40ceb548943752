"""The taxonomy that edits make of another."""

import time
from pathlib import Path

import pytest

from tests.taxonomy_changes.test_compare import taxonomy_of
from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.apply_edits import EditedTaxonomy, apply_edits
from topicsmith.taxonomy_changes.compare import compare
from topicsmith.taxonomy_changes.edits import read_edits

OLD = taxonomy_of(
    "A", Topic("B", "b's", ("b?",)), Topic("C", "c's", ("c?",)), Topic("D", was=("DD",)), "E", Topic("F", "f"), "Other",
    catch_all="Other",
)  # fmt: skip
ALL = """\
- {rename: A, to: Alpha}
- {merge: [B, C], into: BC}
- {split: D, into: [D1, {name: D2, description: two}]}
- {add: News, from: Other}
- {remove: E}
- {reword: F, description: new f, same_meaning: true}
- {order: [News, Alpha]}
"""


def edited(tmp_path: Path, taxonomy: Taxonomy, text: str) -> EditedTaxonomy:
    path = tmp_path / "e.yaml"
    path.write_text(text)
    return apply_edits(taxonomy, read_edits(path))


def test_every_kind_at_once(tmp_path: Path) -> None:
    found = edited(tmp_path, OLD, ALL)
    assert found.taxonomy == Taxonomy(
        (
            Topic("News", sources=("Other",)),
            Topic("Alpha", was=("A",)),
            Topic("BC", "b's; c's", ("b?", "c?"), was=("B", "C")),
            Topic("D1", sources=("D", "DD")),
            Topic("D2", "two", sources=("D", "DD")),
            Topic("F", "new f"),
            Topic("Other"),
        ),
        "Other",
        ("E",),
    )
    assert found.same_meaning == ("F",)
    assert found.already == ()
    assert [change.kind for change in compare(OLD, found.taxonomy).changes] == [
        "removed", "renamed", "merged", "split", "split", "reworded",
    ]  # fmt: skip


def test_edits_applied_twice_are_said_and_change_nothing(tmp_path: Path) -> None:
    once = edited(tmp_path, OLD, ALL).taxonomy
    twice = edited(tmp_path, once, ALL)
    assert twice.taxonomy == once
    assert len(twice.already) == 7
    assert twice.already[0] == f"{tmp_path}/e.yaml:1: already applied: rename A into Alpha"
    more = edited(tmp_path, once, ALL + "- {remove: Alpha}\n")
    assert len(more.already) == 7
    assert more.taxonomy.removed == ("Alpha", "A", "E")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {rename: A, to: B}", "1: 'B' is a topic already; choose another name, or merge the two"),
        ("- {rename: A, to: DD}", "1: 'DD' is what 'D' was called; choose another name"),
        ("- {rename: A, to: X}\n- {rename: B, to: x}", "2: 'x' is a topic already"),
        ("- {rename: A, to: X}\n- {remove: A}", "2: 'A' stands in two edits, 'remove A' here and 'rename A into X' in"),
        ("- {rename: A, to: X}\n- {rename: A, to: Y}", "2: 'A' stands in two edits"),
        ("- {merge: [A, B], into: X}\n- {split: B, into: [Y, Z]}", "2: 'B' stands in two edits"),
        ("- {merge: [A, Q], into: X}", "1: 'Q' is not one of the topics; correct the name"),
        ("- {remove: Othr}", "1: 'Othr' is not one of the topics; did you mean 'Other'?"),
        ("- {remove: DD}", "1: 'DD' is not one of the topics; it is called 'D' now; correct the name"),
        ("- {split: A, into: [B, X]}", "1: 'B' is a topic already"),
        ("- {split: A, into: [X, x]}", "1: 'x' is a topic already"),
        ("- {split: Other, into: [X, Y]}", "1: 'Other' is the catch-all; keep it as one of the parts"),
        ("- {add: B, description: new}", "1: 'B' is a topic already"),
        ("- {add: X, from: Q}", "1: 'from: Q' is not one of the topics; correct the name"),
        ("- {order: [A, A]}", "1: 'A' stands twice in 'order'; keep one"),
        ("- {order: [B]}\n- {order: [C]}", "2: 'order' stands in"),
        ("- {order: [X]}", "1: 'X' in 'order' is no topic after the other edits"),
        ("- {add: X, description: B's}", "the topics 'B' and 'X' have the same description"),
    ],
)
def test_a_diff_that_contradicts_itself_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TaxonomyError) as raised:
        edited(tmp_path, OLD, text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_part_may_be_the_topic_itself_and_the_catch_all_is_merged_or_renamed(tmp_path: Path) -> None:
    found = edited(tmp_path, OLD, "- {split: Other, into: [Other, X]}\n- {merge: E, into: A}").taxonomy
    assert (found.catch_all, found.topic("X").sources, found.topic("A").was) == ("Other", ("Other",), ("E",))
    assert edited(tmp_path, OLD, "- {rename: Other, to: Rest}").taxonomy.catch_all == "Rest"
    assert edited(tmp_path, OLD, "- {merge: [E, Other], into: Rest}").taxonomy.catch_all == "Rest"
    assert edited(tmp_path, OLD, "- {remove: Other}").taxonomy.catch_all is None


def test_removing_a_part_says_that_the_whole_is_no_more(tmp_path: Path) -> None:
    split = edited(tmp_path, OLD, "- {split: A, into: [A1, A2]}").taxonomy
    assert split.was_divided("A")
    found = edited(tmp_path, split, "- {remove: A2}").taxonomy
    assert found.removed == ("A2", "A")
    assert compare(split, found).put_up == {"A2": "'A2' was removed"}


def test_a_part_may_take_the_name_of_the_whole(tmp_path: Path) -> None:
    split = edited(tmp_path, OLD, "- {split: A, into: [A1, A2]}").taxonomy
    found = edited(tmp_path, split, "- {rename: A1, to: A}").taxonomy
    assert (found.topic("A").was, found.topic("A").sources, found.topic("A2").sources) == (("A1",), (), ("A",))
    assert compare(split, found).carries_all


def test_a_name_that_was_removed_can_be_given_again(tmp_path: Path) -> None:
    gone = edited(tmp_path, OLD, "- {remove: E}").taxonomy
    assert edited(tmp_path, gone, "- {add: E}").taxonomy.removed == ()


def test_5_000_edits_take_a_moment(tmp_path: Path) -> None:
    taxonomy = Taxonomy(tuple(Topic(f"topic {n}", f"about {n}") for n in range(5000)))
    path = tmp_path / "e.yaml"
    path.write_text("".join(f"- {{rename: topic {n}, to: subject {n}}}\n" for n in range(5000)))
    edits = read_edits(path)
    started = time.monotonic()
    found = apply_edits(taxonomy, edits).taxonomy
    assert len(apply_edits(found, edits).already) == 5000
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {add: X, description: x, examples: ['']}\n", "e.yaml:1: an example of 'X' is"),
        (
            "- {add: X, examples: ['c?']}\n- {remove: A}\n",
            "e.yaml:1: the example 'c?'",
        ),
        ("- {add: X, description: F}\n", "e.yaml:1: the topics 'F' and 'X' have the same"),
        ("- {merge: [A, B, C, D, E, F, Other], into: All}\n", "a taxonomy needs at least 2 topics, this one has 1"),
    ],
)
def test_edits_whose_topics_say_nothing_or_the_same_are_told_with_their_file(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(TaxonomyError) as caught:
        edited(tmp_path, OLD, text)
    assert said in str(caught.value)
