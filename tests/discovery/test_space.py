import numpy as np
import pytest

from tests.discovery.clouds import clouds
from topicsmith.discovery.space import TopicSpace


def test_what_varies_within_topics_counts_little() -> None:
    vectors, topics = clouds(6, 40)
    loud = vectors.copy()
    loud[:, 0] += np.random.default_rng(1).standard_normal(len(loud)).astype(np.float32)  # one number says nothing
    points = TopicSpace.of(loud, topics).at(loud)
    plain = TopicSpace.untold(loud).at(loud)

    def apart(found: np.ndarray) -> float:
        near = found @ found.T
        same = topics[:, None] == topics[None, :]
        return float(near[same].mean() - near[~same].mean())

    assert apart(points) > apart(plain) + 0.1


def test_points_have_length_one_and_the_covariance_within_topics_is_nearly_round() -> None:
    vectors, topics = clouds(5, 60)
    space = TopicSpace.of(vectors, topics)
    assert np.linalg.norm(space.at(vectors), axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)
    assert space.turn is not None
    turned = (vectors - vectors.mean(axis=0)) @ space.turn
    within = turned - np.stack([turned[topics == topic].mean(axis=0) for topic in range(5)])[topics]
    values = np.linalg.eigvalsh(within.T @ within / (len(vectors) - 5))
    assert values.max() < 1.45  # 1 / (1 - shrink), the most that a direction can have left


def test_topics_with_a_row_each_teach_nothing() -> None:
    vectors, topics = clouds(8, 1)
    assert TopicSpace.of(vectors, topics).turn is None
