"""Renames that nobody stated are proposed, and never assumed."""

import pytest

from topicsmith.taxonomy import Topic
from topicsmith.taxonomy_changes.proposals import propose_renames


@pytest.mark.parametrize(
    ("gone", "added", "why"),
    [
        (Topic("Play", "games of all kinds"), Topic("Fun", "games of all  kinds"), "with the same description"),
        (Topic("Play", examples=("chess?", "go?")), Topic("Fun", examples=("go?",)), "with the same examples"),
        (Topic("Gameplay"), Topic("Game play"), "with a name alike"),
        (Topic("Play"), Topic("Play and fun"), "with a name alike"),
        (Topic("Play"), Topic("Weather"), None),
    ],
)
def test_a_likely_rename_is_proposed(gone: Topic, added: Topic, why: str | None) -> None:
    found = propose_renames([gone], [added])
    assert [each.why for each in found] == ([why] if why else [])
    if found:
        assert f"write 'was: {gone.name}' under '{added.name}'" in found[0].line


def test_each_topic_is_proposed_once_and_the_nearest_first() -> None:
    found = propose_renames([Topic("card lost"), Topic("card loss")], [Topic("card losses"), Topic("lost card", "x")])
    assert {(each.before, each.after) for each in found} == {("card loss", "card losses")}


def test_many_topics_are_paired_by_their_words() -> None:
    gone = [Topic(f"old {n} thing") for n in range(300)]
    found = propose_renames(gone, [Topic(f"new {n} thing") for n in range(300)])
    assert {(each.before, each.after) for each in found} == {(f"old {n} thing", f"new {n} thing") for n in range(300)}
