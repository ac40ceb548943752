from tests.discovery.clouds import clouds
from topicsmith.discovery.steady_height import steady_height
from topicsmith.discovery.tree import linkage_tree


def test_clouds_come_out_without_being_told_how_many() -> None:
    points, topics = clouds(7, 40)
    tree = linkage_tree(points)
    labels = tree.at(steady_height(points, tree, 10, 0))
    assert len(set(labels.tolist())) == 7
    assert all(len(set(labels[topics == topic].tolist())) == 1 for topic in range(7))


def test_at_most_as_many_as_wished() -> None:
    points, _ = clouds(12, 30, width=8)
    tree = linkage_tree(points)
    assert len(set(tree.at(steady_height(points, tree, 10, 0, most=6)).tolist())) <= 6


def test_one_cloud_has_no_steady_height() -> None:
    points, _ = clouds(1, 40, spread=0.05)
    assert steady_height(points, linkage_tree(points), 10, 0) == 0.8
