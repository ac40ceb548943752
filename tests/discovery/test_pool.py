from collections.abc import Sequence

import numpy as np
import pytest

from tests.discovery.clouds import clouds
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.discovery.pool import KnownRows, familiarity, nearest_mean, thresholds
from topicsmith.taxonomy import Topic


def names_at_random(texts: Sequence[str]) -> Vectors:
    """Names that say nothing."""
    return np.random.default_rng(len(texts)).standard_normal((len(texts), 32)).astype(np.float32)


def known(topics: int, rows: int) -> KnownRows:
    vectors, of = clouds(topics, rows)
    return KnownRows(tuple(Topic(f"t{each}") for each in range(topics)), vectors, of, vectors[:0])


def test_rows_of_no_known_topic_look_unfamiliar_and_the_wished_share_of_known_ones_does_not() -> None:
    vectors, of = clouds(10, 120)
    named = tuple(Topic(f"t{each}") for each in range(10))
    familiar = familiarity(KnownRows(named, vectors[::2], of[::2], vectors[:0]), names_at_random, 0.8, 0)
    assert familiar.learnt is not None
    more = vectors[1::2]
    other, _ = clouds(6, 50, seed=5)
    assert (familiar.of(more) >= familiar.looked_at).mean() == pytest.approx(0.8, abs=0.1)
    assert (familiar.of(other) < familiar.looked_at).mean() > 0.95
    assert familiar.looked_at <= familiar.linked


def test_few_rows_are_compared_with_their_neighbours() -> None:
    familiar = familiarity(known(3, 6), names_at_random, 0.8, 0)
    assert familiar.learnt is None
    other, _ = clouds(4, 5, seed=5)
    assert (familiar.of(other) < familiar.looked_at).all()


def test_mean_of_the_five_nearest_by_hand() -> None:
    rows = np.eye(6, dtype=np.float32)
    assert nearest_mean(rows[:1], rows).tolist() == pytest.approx([0.2])
    assert nearest_mean(rows, rows, themselves=True).tolist() == pytest.approx([0.0] * 6)
    assert nearest_mean(rows, rows[:0]).tolist() == [0.0] * 6


def test_thresholds_by_hand() -> None:
    assert thresholds(np.arange(101, dtype=float), 0.8) == pytest.approx((20.0, 30.0))
