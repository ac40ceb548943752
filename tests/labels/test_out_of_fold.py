"""A classifier that never judges what it has seen."""

import numpy as np
import pytest

from topicsmith.labels.out_of_fold import out_of_fold

_WORDS = ["rain sun snow cloud", "bread cheese soup apple", "train bus ticket seat"]


def _texts(rows: int, seed: int = 1) -> tuple[list[str], list[int]]:
    rng = np.random.default_rng(seed)
    topics = [int(topic) for topic in rng.integers(0, 3, rows)]
    texts = [" ".join(rng.choice(_WORDS[topic].split(), 2)) + f" {n}" for n, topic in enumerate(topics)]
    return texts, topics


def test_settled_and_open_rows_are_judged_right() -> None:
    texts, topics = _texts(150)
    settled = [topic if n % 3 else -1 for n, topic in enumerate(topics)]
    opinions = out_of_fold(texts, settled, 3)
    assert opinions.known.all()
    assert (opinions.probabilities.argmax(axis=1) == np.array(topics)).mean() > 0.98
    assert opinions.probabilities.sum(axis=1) == pytest.approx(np.ones(150))


def test_a_label_does_not_vouch_for_itself() -> None:
    # Every text is unique nonsense: seen in training it would be recognised, unseen it tells nothing.
    rng = np.random.default_rng(2)
    settled = [int(topic) for topic in rng.integers(0, 4, 400)]
    opinions = out_of_fold([f"word{n}x word{n}y" for n in range(400)], settled, 4)
    assert (opinions.probabilities.argmax(axis=1) == np.array(settled)).mean() < 0.4


def test_identical_texts_do_not_vouch_for_each_other() -> None:
    rng = np.random.default_rng(3)
    topics = [int(topic) for topic in rng.integers(0, 4, 200)]
    texts = [f"Word{n}x  word{n}y" for n in range(200)] + [f"word{n}x word{n}y" for n in range(200)]
    opinions = out_of_fold(texts, topics * 2, 4)
    assert (opinions.probabilities.argmax(axis=1) == np.array(topics * 2)).mean() < 0.4


@pytest.mark.parametrize(
    ("texts", "settled"),
    [([], []), (["a", "b"], [-1, -1]), (["a", "b", "c"], [1, 1, -1]), (["?!", "..."], [0, 1])],
)
def test_with_nothing_to_learn_there_is_no_opinion(texts: list[str], settled: list[int]) -> None:
    opinions = out_of_fold(texts, settled, 2)
    assert not opinions.known.any()
    assert opinions.probabilities.shape == (len(texts), 2)


def test_a_topic_nobody_settled_has_no_chance() -> None:
    texts, topics = _texts(60)
    opinions = out_of_fold(texts, topics, 5)
    assert (opinions.probabilities[:, 3:] == 0).all()
