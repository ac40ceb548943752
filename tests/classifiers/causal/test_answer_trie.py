"""The trie of answers, and scoring it in one pass."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.classifiers.causal.answer_trie import build, choose, scoring_tree


def test_the_layout_of_a_small_trie() -> None:
    # 1 2 (3 -> a | 4 (5 -> b | 6 7 -> c))
    tree = scoring_tree(build([[1, 2, 3], [1, 2, 4, 5], [1, 2, 4, 6, 7]]))
    assert tree.start == (1, 2)
    assert (tree.tokens, tree.parents, tree.depths) == ((4,), (-1,), (1,))
    assert [(b.at, b.tokens, b.below) for b in tree.branches] == [
        (-1, (3, 4), ((0,), (1, 2))),
        (0, (5, 6), ((1,), (2,))),
    ]


def test_probabilities_are_products_along_the_way_and_greedy_takes_the_likeliest_turn() -> None:
    tree = scoring_tree(build([[1, 2, 3], [1, 2, 4, 5], [1, 2, 4, 6, 7]]))
    scores, greedy = tree.scores([np.log([0.4, 0.6]), np.log([0.5, 0.5])])
    assert scores == pytest.approx([0.4, 0.3, 0.3])
    assert greedy == 1  # 0.6 leads away from the likeliest whole answer, as generating would


def test_one_answer_needs_no_choice() -> None:
    scores, greedy = scoring_tree(build([[1, 2]])).scores([])
    assert (scores.tolist(), greedy) == ([1.0], 0)


@pytest.mark.parametrize("answers", [[[1, 2], [1]], [[1], [1, 2]], [[1], [1]]])
def test_an_answer_that_starts_another_is_refused(answers: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="is the start of"):
        build(answers)


answer_sets = st.lists(
    st.lists(st.integers(0, 4), min_size=1, max_size=5).map(lambda tokens: [*tokens, 9]),
    min_size=1,
    max_size=12,
    unique_by=tuple,
)


@given(answer_sets, st.integers(0, 2**32 - 1))
def test_scoring_in_one_pass_and_walking_pick_the_same_answer(answers: list[list[int]], seed: int) -> None:
    """Logits that depend on the whole path, as a model's do."""

    def logits(path: tuple[int, ...]) -> dict[int, float]:
        own = np.random.default_rng([seed, len(path), *path])
        return {token: float(value) for token, value in enumerate(own.normal(size=10))}

    root = build(answers)
    node = root
    path: tuple[int, ...] = ()
    while node.answer is None:
        token = choose(node, logits(path))
        node, path = node.children[token], (*path, token)
    tree = scoring_tree(root)
    paths = [tree.start]
    for token, parent in zip(tree.tokens, tree.parents, strict=True):
        paths.append((*paths[parent + 1], token))
    values = [np.array([logits(paths[b.at + 1])[t] for t in b.tokens]) for b in tree.branches]
    scores, greedy = tree.scores(values)
    assert greedy == node.answer
    assert math.isclose(scores.sum(), 1.0)
