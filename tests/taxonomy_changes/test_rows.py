"""What becomes of labelled rows."""

import pytest

from tests.taxonomy_changes.test_compare import taxonomy_of
from topicsmith.records import Annotation, AnnotationStatus
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.compare import compare
from topicsmith.taxonomy_changes.rows import carry_over

OLD = taxonomy_of("A", "B", "C", "Other", catch_all="Other")


def said(first: str | None, second: str | None, status: AnnotationStatus = "abstained") -> tuple[Annotation, ...]:
    return tuple(
        Annotation("q", name, topic, None, "labelled" if topic else status)
        for name, topic in (("one", first), ("two", second))
    )


ADDED = taxonomy_of("A", "B", "C", "New", "Other", catch_all="Other")
SPLIT = taxonomy_of(Topic("A1", sources=("A",)), Topic("A2", sources=("A",)), "B", "C", "Other", catch_all="Other")
NEW = "it may be of 'New', which is new"


@pytest.mark.parametrize(
    ("after", "row", "reason"),
    [
        (SPLIT, said("A", "A"), "'A' was split"),
        (SPLIT, said("B", "A"), "'A' was split"),
        (SPLIT, said("B", "C"), None),
        (SPLIT, said(None, None), None),
        (ADDED, said("A", "B"), None),
        (ADDED, said("A", "Other"), NEW),
        (ADDED, said("A", None), NEW),
        (ADDED, said("A", None, "off_taxonomy"), NEW),
        (ADDED, said("A", None, "filtered"), None),
    ],
)
def test_a_row_is_put_up_when_one_of_its_answers_is(
    after: Taxonomy, row: tuple[Annotation, ...], reason: str | None
) -> None:
    found = carry_over({"q": row}, [compare(OLD, after)])
    assert dict(found.put_up) == ({"q": reason} if reason else {})
    assert set(found.carried) == (set() if reason else {"q"})


def test_without_a_catch_all_every_row_may_be_of_a_new_topic() -> None:
    before, after = taxonomy_of("A", "B"), taxonomy_of("A", "B", "New")
    assert dict(carry_over({"q": said("A", "B")}, [compare(before, after)]).put_up) == {"q": NEW}


def test_names_follow_through_several_edits() -> None:
    middle = taxonomy_of(Topic("A2", was=("A",)), "B", "C", "Other", catch_all="Other")
    # The name 'A' is given to another topic later on: rows of before are those of 'A2' all the same.
    last = taxonomy_of("A2", Topic("BC", was=("B", "C")), Topic("A", sources=()), "Other", catch_all="Other")
    found = carry_over({"q": said("A", "C"), "r": said("Other", "B")}, [compare(OLD, middle), compare(middle, last)])
    assert {key: [a.topic for a in row] for key, row in found.carried.items()} == {
        "q": ["A2", "BC"],
        "r": ["Other", "BC"],
    }
