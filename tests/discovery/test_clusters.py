import numpy as np
import pytest

from tests.discovery.clouds import clouds
from topicsmith.discovery.clusters import Clusters, by_middle, find_clusters, stabilities
from topicsmith.discovery.pool import KnownRows
from topicsmith.taxonomy import Topic

NOBODY = np.zeros(0, np.int64)


def from_nothing(topics: int, rows: int) -> tuple[Clusters, np.ndarray]:
    vectors, of = clouds(topics, rows)
    nothing = KnownRows((), vectors[:0], of[:0], vectors[:0])
    return find_clusters(vectors, nothing, None, NOBODY, 0), of


def test_clouds_are_found_from_nothing() -> None:
    found, of = from_nothing(6, 40)
    assert found.cut.precision is None
    assert found.looked_at == 240
    assert all(len(set(found.new_of[of == topic].tolist())) == 1 for topic in range(6))
    assert len(set(found.new_of.tolist())) == 6


def test_clusters_that_do_not_hang_on_which_rows_are_there_are_steady() -> None:
    found, _ = from_nothing(6, 40)
    assert list(stabilities(found, 0).values()) == pytest.approx([1.0] * 6)
    noise, _ = clouds(1, 300, spread=50)
    nothing = KnownRows((), noise[:0], NOBODY, noise[:0])
    loose = stabilities(find_clusters(noise, nothing, None, NOBODY, 0, least=3), 0)
    assert np.mean(list(loose.values())) < 0.85


def test_too_small_a_cluster_is_none() -> None:
    vectors, of = clouds(6, 40)
    kept = np.concatenate([np.flatnonzero(of < 5), np.flatnonzero(of == 5)[:9]])
    nothing = KnownRows((), vectors[:0], of[:0], vectors[:0])
    found = find_clusters(vectors[kept], nothing, None, NOBODY, 0)
    assert found.least == 10
    assert (found.new_of[-9:] == -1).all()


def test_the_middle_first() -> None:
    points = np.array([[1, 0], [0.8, 0.6], [0.96, 0.28]], np.float32)
    order, near = by_middle(points)
    assert order.tolist() == [2, 0, 1]
    assert near.tolist() == sorted(near.tolist(), reverse=True)


def test_what_is_known_to_fit_nowhere_is_looked_at_however_familiar() -> None:
    from topicsmith.discovery.pool import familiarity

    vectors, of = clouds(10, 60)
    known = KnownRows(tuple(Topic(f"t{topic}") for topic in range(10)), vectors[::2], of[::2], vectors[:0])
    names = np.random.default_rng(0).standard_normal((11, 32)).astype(np.float32)
    familiar = familiarity(known, lambda texts: names[: len(texts)], 0.8, 0)
    more = vectors[1::2]
    certain = np.flatnonzero(of[1::2] == 0)
    found = find_clusters(more, known, familiar, certain, 0)
    assert set(certain.tolist()) <= set(found.rows.tolist())
    assert found.unfamiliar[np.isin(found.rows, certain)].all()
    assert len(found.rows) < len(more)
