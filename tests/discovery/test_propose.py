import numpy as np
import pytest

from tests.discovery.clouds import clouds
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.clusters import find_clusters
from topicsmith.discovery.pool import KnownRows
from topicsmith.discovery.propose import groups_of, proposals_of
from topicsmith.taxonomy import Topic


def known_clouds(topics: int, rows: int) -> KnownRows:
    vectors, of = clouds(topics, rows)
    return KnownRows(tuple(Topic(f"t{topic}") for topic in range(topics)), vectors, of, vectors[:0])


def confused(topics: int, *pairs: tuple[int, int, int]) -> IntArray:
    found = np.diag(np.full(topics, 10)).astype(np.int64)
    for one, other, count in pairs:
        found[one, other] = count
    return found


def test_topics_answered_for_each_other_are_to_be_merged_when_the_lower_bound_says_so() -> None:
    known = known_clouds(8, 20)
    more, _ = clouds(2, 30, seed=3)
    found = find_clusters(more, known, None, np.zeros(0, np.int64), 0)
    groups = groups_of(found, known, confused(8, (0, 1, 12), (1, 0, 12), (2, 3, 6)), 0)
    merges = [group for group in groups if group.kind == "merge"]
    assert [group.topics for group in merges] == [(0, 1)]  # 24 of 44, at least 40 %; 6 of 26 is at least 11 %
    assert merges[0].evidence == "24 of 44 rows of 't0' and 't1' were answered with the other one"


def test_the_nearest_topic_is_named_and_proposals_are_numbered_from_one() -> None:
    known = known_clouds(8, 20)
    more, of = clouds(2, 30, seed=3)
    found = find_clusters(more, known, None, np.zeros(0, np.int64), 0)
    groups = groups_of(found, known, confused(8), 0)
    words = ["apple pie", "goal keeper"]
    texts = [f"{words[topic]} {at}" for at, topic in enumerate(of)]
    proposals = proposals_of(groups, known, ["something else"] * len(known.topics), texts)
    new = [each for each in proposals if each.kind == "new"]
    assert [each.id for each in proposals] == list(range(1, len(proposals) + 1))
    assert sorted(each.name for each in new) == ["Apple pie", "Goal keeper"]
    nearest = groups[0].nearest
    assert nearest is not None
    own = found.space.at(more[groups[0].rows]).mean(axis=0)
    points = np.stack([found.space.at(known.vectors[known.topics == topic]).mean(axis=0) for topic in range(8)])
    cosines = points @ own / np.linalg.norm(points, axis=1) / np.linalg.norm(own)
    assert nearest[0] == int(cosines.argmax())
    assert nearest[1] == pytest.approx(float(cosines.max()), abs=1e-4)
