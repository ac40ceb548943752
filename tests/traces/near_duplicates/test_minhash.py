"""Near-copies, against the true similarity of small sets."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.near_duplicates.minhash import THRESHOLD, Grouper, group_queries

WORDS = [f"word{number}" for number in range(400)]


def similarity(left: str, right: str) -> float:
    """Jaccard over adjacent pairs of words, their edges counting as words."""
    sets = []
    for text in (left, right):
        edged = ["^", *text.split(), "$"]
        sets.append(set(itertools.pairwise(edged)))
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def changed(words: list[str], count: int, rng: random.Random) -> str:
    copy = words.copy()
    for place in rng.sample(range(len(copy)), count):
        copy[place] = f"other{rng.random()}"
    return " ".join(copy)


def found(changes: int, trials: int = 300) -> tuple[float, float]:
    """How often a text and a copy with ``changes`` other words are joined, and how alike they are on average."""
    rng = random.Random(changes)
    texts, alike = [], 0.0
    for _ in range(trials):
        words = rng.choices(WORDS, k=60)
        texts += [" ".join(words), changed(words, changes, rng)]
        alike += similarity(texts[-2], texts[-1])
    groups = group_queries(texts)
    return sum(groups[n] == groups[n + 1] for n in range(0, len(texts), 2)) / trials, alike / trials


def test_copies_are_found_the_more_surely_the_more_alike_they_are() -> None:
    joined, alike = found(1)
    assert alike > 0.92
    assert joined > 0.97
    joined, alike = found(2)
    assert 0.85 < alike < 0.9
    assert joined > 0.8
    joined, alike = found(8)
    assert alike < 0.65
    assert joined < 0.03
    assert found(30)[0] == 0.0
    assert THRESHOLD == 0.8


def test_case_punctuation_and_white_space_make_no_difference() -> None:
    groups = group_queries(["Book a flight, please!", "book  a FLIGHT please", "Buche einen Flug"])
    assert groups[0] == groups[1] != groups[2]


def test_short_texts_are_joined_when_equal_only() -> None:
    assert len(set(group_queries(["yes", "no", "yes please", "hi", "Hi!", "???", "!!!", "", " "]))) == 8


def test_scripts_without_spaces_are_compared_by_character() -> None:
    text = "请帮我预订一张从北京到上海的高铁票并且告诉我具体的出发时间和到达时间谢谢你"
    groups = group_queries([text, text + "。", text[:-1] + "们", "今天天气怎么样"])
    assert groups[0] == groups[1] == groups[2] != groups[3]


@pytest.mark.slow
@given(
    st.lists(st.text(alphabet="ab c\u00e9漢\U0001f600.\n\0", max_size=12), max_size=12),
    st.randoms(use_true_random=False),
)
def test_groups_do_not_depend_on_order_or_batches(texts: list[str], order: random.Random) -> None:
    before = dict(zip(texts, group_queries(texts), strict=True))
    shuffled = texts.copy()
    order.shuffle(shuffled)
    grouper = Grouper()
    for text in shuffled:
        grouper.add([text])
    assert dict(zip(shuffled, grouper.names(), strict=True)) == before


def test_a_chain_of_copies_is_one_group_with_one_representative() -> None:
    rng = random.Random(3)
    words = rng.choices(WORDS, k=80)
    texts = [" ".join(words)]
    for step in range(5):
        words[step * 10] = f"new{step}"
        texts.append(" ".join(words))
    grouper = Grouper()
    grouper.add(texts)
    groups = grouper.groups()
    assert len(np.unique(groups)) == 1
    assert len(set(grouper.names())) == 1
    assert Grouper().names() == []
    assert Grouper().groups().tolist() == []
