"""How one taxonomy became another."""

import time
from dataclasses import replace

import pytest

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.compare import compare


def taxonomy_of(*topics: Topic | str, catch_all: str | None = None, removed: tuple[str, ...] = ()) -> Taxonomy:
    made = tuple(Topic(topic) if isinstance(topic, str) else topic for topic in topics)
    return Taxonomy(made, catch_all, removed)


SUBTOPICS = (Topic("live"), Topic("studio"))
MUSIC = Topic("music", "songs", ("play a song",), SUBTOPICS)
BEFORE = taxonomy_of(MUSIC, Topic("video", "films"), Topic("Other"), catch_all="Other")


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (BEFORE, True),
        (taxonomy_of(*reversed(BEFORE.topics), catch_all="Other"), True),
        (taxonomy_of(replace(MUSIC, name="sound", was=("music",)), *BEFORE.topics[1:], catch_all="Other"), True),
        (taxonomy_of(replace(MUSIC, name="sound"), *BEFORE.topics[1:], catch_all="Other"), False),
        (taxonomy_of(replace(MUSIC, description="new"), *BEFORE.topics[1:], catch_all="Other"), False),
        (taxonomy_of(replace(MUSIC, examples=()), *BEFORE.topics[1:], catch_all="Other"), False),
        (taxonomy_of(*BEFORE.topics, Topic("News"), catch_all="Other"), False),
        (taxonomy_of(*BEFORE.topics[1:], catch_all="Other"), False),
        (taxonomy_of(*BEFORE.topics), False),
        (taxonomy_of(Topic("media", "all media", was=("music", "video")), Topic("Other"), catch_all="Other"), True),
        (taxonomy_of(Topic("rest", was=("video", "Other")), MUSIC, catch_all="rest"), True),
        (
            taxonomy_of(
                replace(MUSIC, subtopics=(Topic("stage", was=("live",)), Topic("studio"))),
                *BEFORE.topics[1:],
                catch_all="Other",
            ),
            True,
        ),
        (taxonomy_of(replace(MUSIC, subtopics=(Topic("live"),)), *BEFORE.topics[1:], catch_all="Other"), False),
    ],
)
def test_renames_and_mergers_alone(after: Taxonomy, same: bool) -> None:
    assert compare(BEFORE, after).carries_all is same


OLD = taxonomy_of(Topic("A", "about a"), "B", "C", "Other", catch_all="Other")
REST = ("B", "C", "Other")


@pytest.mark.parametrize(
    ("topics", "kinds", "put_up", "open_rows"),
    [
        ((Topic("A2", "about a", was=("A",)), *REST), {"renamed"}, {}, "none"),
        ((Topic("A2", "about a", sources=("A",)), *REST), {"renamed"}, {}, "none"),
        ((Topic("a", "about a"), *REST), {"renamed"}, {}, "none"),
        ((Topic("AB", was=("A", "B")), "C", "Other"), {"merged"}, {}, "none"),
        ((Topic("B", sources=("A",)), "C", "Other"), {"merged"}, {}, "none"),
        (
            (Topic("A1", sources=("A",)), Topic("A2", sources=("A",)), *REST),
            {"split"},
            {"A": "'A' was split"},
            "none",
        ),
        (
            (Topic("A", "about a"), Topic("A2", sources=("A",)), *REST),
            {"split"},
            {"A": "some rows of 'A' may be of 'A2' now"},
            "none",
        ),
        (
            (Topic("A", "about a"), Topic("B", sources=("A",)), "C", "Other"),
            {"split"},
            {"A": "some rows of 'A' may be of 'B' now"},
            "none",
        ),
        (REST, {"removed"}, {"A": "'A' is gone"}, "none"),
        ((Topic("A", "other words"), *REST), {"reworded"}, {"A": "'A' was reworded"}, "none"),
        ((Topic("A", " about\n a "), *REST), set(), {}, "none"),
        ((Topic("A", "about a", ("an example",)), *REST), {"reworded"}, {"A": "'A' was reworded"}, "none"),
        ((Topic("A", "about a"), *REST, "New"), {"added"}, {}, "unplaced"),
        ((Topic("A", "about a"), *REST, Topic("New", sources=())), {"added"}, {}, "none"),
        (("C", "B", Topic("A", "about a"), "Other"), {"reordered"}, {}, "none"),
        (("New", "B", "C", "Other"), {"added", "removed"}, {"A": "'A' is gone"}, "unplaced"),
    ],
)
def test_each_kind_of_edit(
    topics: tuple[Topic | str, ...], kinds: set[str], put_up: dict[str, str], open_rows: str
) -> None:
    diff = compare(OLD, taxonomy_of(*topics, catch_all="Other"))
    assert {change.kind for change in diff.changes} == kinds
    assert (dict(diff.put_up), diff.open_rows) == (put_up, open_rows)


def test_what_is_said_of_changes() -> None:
    after = taxonomy_of(
        Topic("Z", "about a", was=("A",)), Topic("B1", sources=("B",)), Topic("B2", sources=("B",)), "New",
        Topic("Other", "all else"), catch_all="Other", removed=("C",),
    )  # fmt: skip
    assert [change.line for change in compare(OLD, after).changes] == [
        "added     'New'",
        "removed   'C'",
        "renamed   'A' to 'Z'",
        "split     'B' into 'B1', 'B2'",
        "reworded  'Other': description",
    ]


def test_wording_of_the_same_meaning_puts_nothing_up() -> None:
    after = taxonomy_of(Topic("A", "other words"), *REST, catch_all="Other")
    diff = compare(OLD, after, ["A"])
    assert (diff.carries_all, diff.changes[0].detail) == (True, "description, with the same meaning")


def test_another_catch_all_puts_both_up() -> None:
    diff = compare(OLD, taxonomy_of(Topic("A", "about a"), *REST, catch_all="C"))
    assert dict(diff.put_up) == {"Other": "'Other' is no longer the catch-all", "C": "'C' is the catch-all now"}


def test_without_a_catch_all_a_new_topic_could_take_any_row() -> None:
    assert compare(taxonomy_of("A", "B"), taxonomy_of("A", "B", "C")).open_rows == "all"


def test_lineage_of_long_ago_is_not_taken_for_news() -> None:
    carved = taxonomy_of(Topic("A", "about a"), Topic("A2", sources=("A",)), *REST, catch_all="Other")
    later = replace(carved, topics=(*carved.topics, Topic("D", sources=())))
    diff = compare(carved, later)
    assert [change.kind for change in diff.changes] == ["added"]
    assert diff.carries_all


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            taxonomy_of("A", Topic("A2", sources=("A",)), "B"),
            taxonomy_of(Topic("A2", sources=("A",)), "B"),
            (
                "'A' is gone, and 'A2' took only some of its rows; write 'was: A' under the topic that has the others, "
                "or 'removed: [A]' beside 'topics'"
            ),
        ),
        (
            taxonomy_of(Topic("A1", sources=("A",)), Topic("A2", sources=("A",)), "B"),
            taxonomy_of(Topic("A1", sources=("A",)), "B", removed=("A2",)),
            (
                "'A' was divided among 'A1' and 'A2', of which 'A1' alone is left; write 'removed: [A]' beside "
                "'topics', or 'was: A' under 'A1' if it has all of those rows now"
            ),
        ),
    ],
)
def test_what_became_of_divided_rows_is_never_guessed(before: Taxonomy, after: Taxonomy, said: str) -> None:
    with pytest.raises(TaxonomyError) as raised:
        compare(before, after)
    assert str(raised.value) == said


def test_subtopics_are_compared_inside_their_topic() -> None:
    before = taxonomy_of(Topic("A", subtopics=(Topic("x"), Topic("y"))), "B")
    after = taxonomy_of(Topic("A1", was=("A",), subtopics=(Topic("xx", was=("x",)), Topic("z"))), "B")
    diff = compare(before, after)
    assert {(c.kind, c.before, c.after, c.of) for c in diff.changes} == {
        ("renamed", ("A",), ("A1",), ""),
        ("renamed", ("x",), ("xx",), "A1"),
        ("removed", ("y",), (), "A1"),
        ("added", (), ("z",), "A1"),
    }
    assert dict(diff.put_up) == {"A": "the subtopics of 'A1' changed"}
    assert diff.topic_now("A", "x") == ("A1", "xx")


def test_5_000_topics_are_compared_in_a_moment() -> None:
    before = Taxonomy(tuple(Topic(f"topic {n}", f"about thing {n}") for n in range(5000)))
    after = Taxonomy(tuple(Topic(f"subject {n}", f"on thing {n}") for n in range(5000)))
    started = time.monotonic()
    assert len(compare(before, after).changes) == 10_000
    assert time.monotonic() - started < 10
