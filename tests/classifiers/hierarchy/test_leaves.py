"""Leaves of a taxonomy as topics of their own."""

from topicsmith.classifiers.hierarchy.leaves import (
    as_subtopic,
    joined,
    leaf_names,
    leaf_taxonomy,
    pair_names,
    pair_taxonomy,
    paired,
    subtopics_of,
)
from topicsmith.records import Example, TrainSet
from topicsmith.taxonomy import Taxonomy, Topic

FILM, MUSIC = Topic("Film", "Pictures that move", ("a western",)), Topic("Music")
TAXONOMY = Taxonomy((Topic("Arts", "What people make", subtopics=(FILM, MUSIC)), Topic("Other", "The rest")), "Other")


def test_a_leaf_has_its_own_name_and_says_what_it_says_of_itself() -> None:
    found = leaf_taxonomy(TAXONOMY)
    assert found.topics == (
        Topic("Film", "Pictures that move", ("a western",)),
        Topic("Music"),
        Topic("Other", "The rest"),
    )
    assert found.catch_all == "Other"
    assert pair_taxonomy(TAXONOMY).topics == (Topic("Arts / Film"), Topic("Arts / Music"), Topic("Other"))


def test_a_name_that_two_leaves_have_is_joined_with_its_topics() -> None:
    arts, sport = Topic("Arts", subtopics=(FILM, Topic("other"))), Topic("Sport", subtopics=(Topic("Golf"),))
    twice = Taxonomy((arts, sport, Topic("Other")))
    names = {
        "Film": ("Arts", "Film"),
        "Arts / other": ("Arts", "other"),
        "Golf": ("Sport", "Golf"),
        "Other": ("Other", None),
    }
    assert leaf_names(twice) == names
    assert leaf_taxonomy(twice).names == tuple(names)
    row = Example("1", "x", "Arts", "other")
    assert paired(TrainSet((row,)), twice, leaf_names(twice)) == [Example("1", "x", "Arts / other")]


def test_a_catch_all_with_subtopics_is_no_leaf() -> None:
    assert leaf_taxonomy(Taxonomy(TAXONOMY.topics, "Arts")).catch_all is None


def test_rows_without_a_subtopic_where_there_are_some_teach_no_leaf() -> None:
    rows = (Example("1", "x", "Arts", "Film"), Example("2", "y", "Arts"), Example("3", "z", "Other", label="Other"))
    assert paired(TrainSet(rows), TAXONOMY, pair_names(TAXONOMY)) == [
        Example("1", "x", "Arts / Film"),
        Example("3", "z", "Other"),
    ]
    assert as_subtopic(rows[0]) == Example("1", "x", "Film")
    assert (joined("a", None), joined("a", "b")) == ("a", "a / b")
    assert (subtopics_of(TAXONOMY.topics[0]), subtopics_of(TAXONOMY.topics[1])) == (["Film", "Music"], [None])
