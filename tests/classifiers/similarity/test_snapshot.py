"""Today's topics out of what was learnt."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from topicsmith.classifiers.similarity.fit import Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.learnt import Learnt
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.senses import encoded_senses, own_senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.similarity.snapshot import Snapshot, _may_exceed, joined, snapshot, with_catch_all
from topicsmith.taxonomy import Taxonomy, Topic

WIDTH = 16
NAMES = ("Banking", "Cards", "Cooking", "Music", "Travel", "Weather", "Work", "Sport")
SETTINGS = SimilaritySettings(name="s", kind="similarity", old_loss=None)
RNG = np.random.default_rng(11)
CENTRES = {name: unit(RNG.normal(size=WIDTH).astype(np.float32)) for name in (*NAMES, "Games", "Other")}


def encode(texts: Sequence[str]) -> Vectors:
    """A text lies near the centre of the topic that its first word names, elsewhere by its letters."""
    found = []
    for text in texts:
        rng = np.random.default_rng(sum(text.encode()))
        first = text.split(" ", maxsplit=1)[0].rstrip(":")
        centre = CENTRES[first] if first in CENTRES else unit(rng.normal(size=WIDTH).astype(np.float32))
        found.append(unit(centre + 0.03 * rng.normal(size=WIDTH).astype(np.float32)))
    return np.stack(found) if found else np.zeros((0, WIDTH), np.float32)


def drawn(names: Sequence[str], each: int, seed: int, spread: float = 0.22) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = np.stack([CENTRES[name] for name in names for _ in range(each)])
    return unit((centres + spread * rng.normal(size=centres.shape)).astype(np.float32))


TAXONOMY = Taxonomy((*(Topic(name, f"about {name}") for name in NAMES), Topic("Other")), catch_all="Other")


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    topics = np.repeat(np.arange(8), 30)
    rows = LabelledVectors(drawn(NAMES, 30, 1), topics, np.ones(240))
    held = LabelledVectors(drawn(NAMES, 60, 2), np.repeat(np.arange(8), 60), np.ones(480))
    names = encoded_senses([own_senses(topic) for topic in TAXONOMY.topics], encode)
    ground = Ground(names, names.vectors[:0], np.zeros(0, np.int64), names.vectors[:0])
    return learn(SETTINGS, TAXONOMY, rows, held, ground)


QUERIES = drawn(NAMES, 50, 3)
TRUE = np.repeat(np.arange(8), 50)


def answered(made: Snapshot) -> list[str]:
    return [made.taxonomy.names[at] for at in made.probabilities(QUERIES).argmax(axis=1)]


def changed(**topics: Topic) -> Taxonomy:
    """The taxonomy with some topics replaced, by their name."""
    return replace(TAXONOMY, topics=tuple(topics.get(topic.name, topic) for topic in TAXONOMY.topics))


def test_the_topics_of_training_are_answered(learnt: Learnt) -> None:
    made = snapshot(learnt, TAXONOMY, encode, None)
    assert (np.array(answered(made)) == np.array(NAMES)[TRUE]).mean() > 0.9
    assert made.version == TAXONOMY.version_digest


def test_a_new_name_changes_nothing_but_the_name(learnt: Learnt) -> None:
    before = snapshot(learnt, TAXONOMY, encode, None)
    after = snapshot(learnt, changed(Music=Topic("Songs", "about Music", was=("Music",))), encode, None)
    assert np.array_equal(before.probabilities(QUERIES), after.probabilities(QUERIES))
    assert after.taxonomy.names[3] == "Songs"
    assert after.version != before.version


def test_another_order_changes_nothing_but_the_order(learnt: Learnt) -> None:
    before = snapshot(learnt, TAXONOMY, encode, None)
    turned = replace(TAXONOMY, topics=TAXONOMY.topics[::-1])
    after = snapshot(learnt, turned, encode, None)
    assert after.probabilities(QUERIES)[:, ::-1] == pytest.approx(before.probabilities(QUERIES), abs=1e-9)
    assert answered(after) == answered(before)


def test_merging_leaves_other_topics_as_they_were_and_answers_the_union(learnt: Learnt) -> None:
    before = snapshot(learnt, TAXONOMY, encode, None)
    topics = tuple(
        Topic("Money", "about Banking", was=("Banking", "Cards")) if topic.name == "Banking" else topic
        for topic in TAXONOMY.topics
        if topic.name != "Cards"
    )
    after = snapshot(learnt, replace(TAXONOMY, topics=topics), encode, None)
    were, are = answered(before), answered(after)
    assert [("Money" if old in {"Banking", "Cards"} else old) for old in were] == are
    shown, hidden = before.probabilities(QUERIES), after.probabilities(QUERIES)
    same = hidden[:, 0] == pytest.approx(shown[:, 0] + shown[:, 1], abs=1e-9)
    assert same
    assert hidden[:, 1:] == pytest.approx(shown[:, 2:], abs=1e-9)


def test_rows_of_a_split_topic_go_to_the_nearer_part(learnt: Learnt) -> None:
    parts = (Topic("Music", "about Music", sources=("Music",)), Topic("Games", "about Games", sources=("Music",)))
    whole = changed()
    topics = tuple(t for t in whole.topics if t.name != "Music")
    split = replace(TAXONOMY, topics=(*topics, Topic("Tunes", sources=("Music",)), parts[1]))
    made = snapshot(learnt, split, encode, None)
    at = split.names.index("Games")
    parts_of = dict(zip(made.topic_of.tolist(), made.known.counts.tolist(), strict=True))
    assert parts_of[at] + parts_of[split.names.index("Tunes")] == 30
    assert not made.known.in_head[list(made.topic_of).index(at)]


def test_a_removed_topic_is_answered_no_more_and_its_rows_are_left_out(learnt: Learnt) -> None:
    topics = tuple(topic for topic in TAXONOMY.topics if topic.name != "Sport")
    made = snapshot(learnt, replace(TAXONOMY, topics=topics), encode, None)
    assert "Sport" not in answered(made)
    assert len(made.known.examples) == 210


def test_a_new_topic_is_answered_by_name_and_better_with_examples(learnt: Learnt) -> None:
    games = drawn(["Games"], 200, 9)
    recalls = []
    for examples in ((), tuple(f"Games {n}" for n in range(5))):
        topics = (*TAXONOMY.topics, Topic("Games", "about Games", examples))
        made = snapshot(learnt, replace(TAXONOMY, topics=topics), encode, None)
        recalls.append((made.probabilities(games).argmax(axis=1) == 9).mean())
        assert (np.array(answered(made)) == np.array(NAMES)[TRUE]).mean() > 0.88
    assert recalls[0] > 0.5
    assert recalls[1] > 0.8


def test_old_topics_lose_no_more_than_the_limit(learnt: Learnt) -> None:
    """A topic whose examples lie in the midst of an old one, with weights that favour what is new."""
    learnt = replace(learnt, weights=learnt.weights + 9 * (np.arange(10) == 4))
    rival = tuple(f"Music {n}" for n in range(20))
    topics = (*TAXONOMY.topics, Topic("Rival", "about Music", rival))
    taxonomy = replace(TAXONOMY, topics=topics)
    before = np.array(answered(snapshot(learnt, TAXONOMY, encode, None)))
    right = before == np.array(NAMES)[TRUE]
    free, held = (snapshot(learnt, taxonomy, encode, limit) for limit in (None, 0.01))
    lost = [(right & (np.array(answered(made)) == "Rival")).mean() for made in (free, held)]
    assert lost[0] > 0.03
    assert lost[1] <= 0.02
    assert held.allowance > free.allowance == 0


def test_how_many_rows_may_exceed_by_the_beta_distribution() -> None:
    assert _may_exceed(99, 0.01) == 0  # one of a hundred in expectation
    assert _may_exceed(336, 0.01) == 2  # three of 337, and Beta(3, 334) has its 95 % point at .0186
    assert _may_exceed(10, 0.01) == 0


@given(
    arrays(float, (6, 5), elements=st.floats(0.01, 1)),
    st.lists(st.integers(0, 2), min_size=5, max_size=5).filter(lambda of: set(of) == {0, 1, 2}),
)
def test_joined_probabilities_add_up_and_the_best_part_s_topic_leads(parts: np.ndarray, of: list[int]) -> None:
    parts = parts / parts.sum(axis=1, keepdims=True)
    found = joined(parts, np.array(of), 3)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found.argmax(axis=1).tolist() == np.array(of)[parts.argmax(axis=1)].tolist()


@given(arrays(float, (6, 4), elements=st.floats(0.01, 1)), arrays(float, 6, elements=st.floats(-30, 30)))
def test_the_catch_all_leads_where_its_odds_do_and_nowhere_else(given_: np.ndarray, odds: np.ndarray) -> None:
    shares = given_ / given_.sum(axis=1, keepdims=True)
    shares[:, 3] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    found = with_catch_all(shares, odds, 3)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found.argmax(axis=1) == 3).tolist() == (odds > 0).tolist()
    inside = odds <= 0
    assert found[inside].argmax(axis=1).tolist() == shares[inside].argmax(axis=1).tolist()
