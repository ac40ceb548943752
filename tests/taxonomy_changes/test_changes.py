"""The records of a diff."""

from topicsmith.taxonomy_changes.changes import TaxonomyDiff, TopicChange


def test_a_change_reads_as_a_line() -> None:
    assert TopicChange("merged", ("a", "b"), ("c",)).line == "merged    'a', 'b' into 'c'"
    assert TopicChange("added", (), ("x",), of="Play").line == "added     'x' (subtopics of 'Play')"
    many = TopicChange("merged", tuple(f"t{n}" for n in range(12)), ("c",)).line
    assert many.endswith("'t9' and 2 more into 'c'")


def test_names_of_today() -> None:
    diff = TaxonomyDiff((), {"A": "B", "C": None}, {"A": {"x": "y"}}, {})
    assert diff.topic_now("A", "x") == ("B", "y")
    assert diff.topic_now("A", "z") == ("B", None)
    assert diff.topic_now("C", "x") == (None, None)
    assert diff.carries_all
