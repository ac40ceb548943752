"""Leaves of a taxonomy as topics of their own."""

from topicsmith.classifiers.hierarchy.leaves import (
    as_subtopic,
    joined,
    leaf_taxonomy,
    pair_taxonomy,
    paired,
    subtopics_of,
)
from topicsmith.records import Example, TrainSet
from topicsmith.taxonomy import Taxonomy, Topic

FILM, MUSIC = Topic("Film", "Pictures that move", ("a western",)), Topic("Music")
TAXONOMY = Taxonomy((Topic("Arts", "What people make", subtopics=(FILM, MUSIC)), Topic("Other", "The rest")), "Other")


def test_a_leaf_says_what_it_says_of_itself_or_what_its_topic_does() -> None:
    found = leaf_taxonomy(TAXONOMY)
    assert found.topics == (
        Topic("Arts / Film", "Pictures that move", ("a western",)),
        Topic("Arts / Music", "What people make"),
        Topic("Other", "The rest"),
    )
    assert found.catch_all == "Other"
    assert pair_taxonomy(TAXONOMY).topics == (Topic("Arts / Film"), Topic("Arts / Music"), Topic("Other"))


def test_a_catch_all_with_subtopics_is_no_leaf() -> None:
    assert leaf_taxonomy(Taxonomy(TAXONOMY.topics, "Arts")).catch_all is None


def test_rows_without_a_subtopic_where_there_are_some_teach_no_leaf() -> None:
    rows = (Example("1", "x", "Arts", "Film"), Example("2", "y", "Arts"), Example("3", "z", "Other", label="Other"))
    assert paired(TrainSet(rows), TAXONOMY) == [Example("1", "x", "Arts / Film"), Example("3", "z", "Other")]
    assert as_subtopic(rows[0]) == Example("1", "x", "Film")
    assert (joined("a", None), joined("a", "b")) == ("a", "a / b")
    assert (subtopics_of(TAXONOMY.topics[0]), subtopics_of(TAXONOMY.topics[1])) == (["Film", "Music"], [None])
