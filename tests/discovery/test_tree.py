import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tests.discovery.clouds import clouds
from topicsmith.discovery import tree
from topicsmith.discovery.tree import cosine_distances, linkage_tree


def test_distances_are_scipy_s() -> None:
    points, _ = clouds(4, 300)
    assert cosine_distances(points) == pytest.approx(pdist(points, "cosine"), abs=1e-5)


def test_clouds_are_clusters() -> None:
    points, topics = clouds(5, 30)
    labels = linkage_tree(points).at(0.6)
    assert len(set(labels.tolist())) == 5
    assert all(len(set(labels[topics == topic].tolist())) == 1 for topic in range(5))


def test_one_row_and_none() -> None:
    points, _ = clouds(1, 1)
    assert linkage_tree(points).at(0.5).tolist() == [0]
    assert linkage_tree(points[:0]).at(0.5).tolist() == []


def test_many_rows_go_by_way_of_micro_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MOST_LINKED", 100)
    monkeypatch.setattr(tree, "_MICRO", 40)
    points, topics = clouds(5, 60)
    found = linkage_tree(points)
    assert len(found.merges) < 40
    labels = found.at(0.6)
    assert len(labels) == 300
    assert all(np.bincount(labels[topics == topic]).max() >= 57 for topic in range(5))
