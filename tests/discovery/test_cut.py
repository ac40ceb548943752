import numpy as np

from tests.discovery.clouds import clouds
from topicsmith.discovery.cut import clusters_of_unfamiliar, judged, learn_cut


def test_a_cluster_needs_rows_enough_and_half_of_them_unfamiliar() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    unfamiliar = np.array([1, 1, 0, 1, 0, 0, 1, 1], float)
    assert clusters_of_unfamiliar(labels, unfamiliar, 3).tolist() == [0, 0, 0, -1, -1, -1, -1, -1]


def test_right_is_what_is_half_one_hidden_topic() -> None:
    labels = np.array([0, 0, 1, 1, 1, 2, 2, 3, -1])
    truth = np.array([7, 5, 8, 8, -1, -1, -1, 7, 7])
    assert judged(labels, truth) == (4, 3, {5, 8, 7})  # of 0 the first of two halves; 2 is known rows; -1 is none


def test_the_cut_tells_clouds_apart_and_says_how_many_it_would_find() -> None:
    vectors, topics = clouds(16, 30, scattered=0.25)
    cut = learn_cut(vectors, topics, 0)
    assert cut is not None
    assert cut.precision is not None
    assert cut.found is not None
    assert cut.precision.value > 0.9
    assert cut.found.value > 0.9
    assert cut.found.n == 8 * 4  # eight rounds, a quarter of sixteen topics hidden in each
    hidden, of = clouds(6, 40, seed=9)
    from topicsmith.discovery.space import TopicSpace
    from topicsmith.discovery.tree import linkage_tree

    labels = linkage_tree(TopicSpace.of(vectors, topics).at(hidden)).at(cut.height)
    assert judged(labels, of)[1:] == (6, set(range(6)))


def test_the_same_seed_the_same_cut() -> None:
    vectors, topics = clouds(12, 20, spread=0.6)
    assert learn_cut(vectors, topics, 3) == learn_cut(vectors, topics, 3)


def test_too_few_topics_teach_no_cut() -> None:
    vectors, topics = clouds(7, 24)
    assert learn_cut(vectors, topics, 0) is None
    vectors, topics = clouds(12, 3)
    assert learn_cut(vectors, topics, 0) is None
