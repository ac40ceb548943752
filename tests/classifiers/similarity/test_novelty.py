"""What no topic fits."""

import numpy as np
import pytest
from scipy.stats import beta

from topicsmith.classifiers.similarity.linear_head import LobedHead
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.novelty import SCORES, Familiar, fit_detector, scores

WIDTH, TOPICS = 16, 10


def drawn(rng: np.random.Generator, centres: np.ndarray, topics: np.ndarray) -> np.ndarray:
    return unit((centres[topics] + 0.15 * rng.normal(size=(len(topics), WIDTH))).astype(np.float32))


@pytest.fixture
def world() -> tuple[Familiar, np.ndarray, np.ndarray, np.ndarray]:
    """Ten topics that are known, held-back rows of theirs, and rows of five others."""
    rng = np.random.default_rng(5)
    centres = unit(rng.normal(size=(TOPICS + 5, WIDTH)).astype(np.float32))
    topics = np.repeat(np.arange(TOPICS), 20)
    rows = drawn(rng, centres, topics)
    head = LobedHead(8 * centres[:TOPICS], np.zeros(TOPICS, np.float32), np.arange(TOPICS))
    familiar = Familiar.of(head, rows, topics, topics, rows[:0])
    held = np.arange(400) % TOPICS
    return familiar, drawn(rng, centres, held), held, drawn(rng, centres, TOPICS + np.arange(100) % 5)


def test_scores_by_hand() -> None:
    head = LobedHead(np.array([[2, 0], [0, 1]], np.float32), np.zeros(2, np.float32), np.array([0, 1]))
    rows = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    topics = np.array([0, 1, 1])
    familiar = Familiar.of(head, rows, topics, topics, np.array([[0, 1]], np.float32))
    found = dict(zip(SCORES, scores(np.array([[1, 0]], np.float32), familiar)[0], strict=True))
    shares = np.exp([2, 0]) / np.exp([2, 0]).sum()
    assert found["log of the largest probability"] == pytest.approx(np.log(shares[0]))
    assert found["log odds of the two largest probabilities"] == pytest.approx(2)
    assert found["largest logit"] == 2
    assert found["energy"] == pytest.approx(np.log(np.exp(2) + 1))
    assert found["cosine to the nearest row"] == pytest.approx(1)
    assert found["mean cosine to the 5 nearest rows"] == pytest.approx((1 + 0 + 0.6) / 3)
    assert found["cosine to the nearest row of the catch-all, negative"] == 0


def test_a_topic_that_came_later_makes_familiar_what_it_wins() -> None:
    head = LobedHead(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), np.arange(2))
    rows = np.eye(2, dtype=np.float32)
    familiar = Familiar.of(head, rows, np.arange(2), np.arange(2), rows[:0])
    query = np.array([[0.6, 0.8]], np.float32)
    at = SCORES.index("energy")
    before = scores(query, familiar)[0, at]
    after = scores(query, familiar, over_head=np.array([[5.0]]))[0, at]
    assert after == pytest.approx(np.log(np.exp(before) + np.exp(0.8 + 5.0)))


def test_hidden_topics_are_not_known(world: tuple[Familiar, np.ndarray, np.ndarray, np.ndarray]) -> None:
    hidden = world[0].hiding([0, 3])
    assert sorted(set(hidden.topics.tolist())) == [1, 2, 4, 5, 6, 7, 8, 9]
    assert hidden.head.owners.tolist() == [1, 2, 4, 5, 6, 7, 8, 9]
    assert len(hidden.centres) == 8


@pytest.mark.parametrize("labelled", [0, 40])
def test_unknown_topics_are_found_and_what_is_kept_is_what_was_promised(
    world: tuple[Familiar, np.ndarray, np.ndarray, np.ndarray], labelled: int
) -> None:
    familiar, held, topics, others = world
    rows = familiar.rows
    with_outside = Familiar.of(familiar.head, rows, familiar.topics, familiar.topics, others[:labelled])
    detector = fit_detector(with_outside, held[:200], topics[:200], held[200:], 0.95, 13)
    assert detector.way == ("40 rows of the catch-all" if labelled else "topics hidden in turn")
    found = detector.log_odds(scores(held[200:], with_outside)) <= 0
    below = int(np.floor(0.05 * 201))
    assert found.sum() == 200 - below + 1
    assert detector.kept == found.mean()
    assert detector.bound == pytest.approx(beta.ppf(0.05, found.sum(), 200 - found.sum() + 1))
    caught = detector.log_odds(scores(others[labelled:], with_outside)) > 0
    assert caught.mean() > 0.85


def test_three_topics_are_too_few_to_hide_any(world: tuple[Familiar, np.ndarray, np.ndarray, np.ndarray]) -> None:
    familiar, held, topics, _ = world
    few = familiar.hiding(list(range(3, TOPICS)))
    own = topics < 3
    detector = fit_detector(few, held[own][:40], topics[own][:40], held[own][40:], 0.9, 13)
    assert detector.way == "nothing: the sum of three scores"
    assert np.flatnonzero(detector.weights).tolist() == [3, 7, 9]
