"""A trie over the tokens of every answer allowed: an answer outside the taxonomy cannot be written.

Where all answers share their next token there is nothing to choose; where they part, the model's probabilities are
taken over the tokens that lead on. Generating greedily and scoring every answer use the same trie, so that both pick
the same topic: at each parting the likeliest token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass
class Node:
    """A place in the trie: tokens that lead on, or at the end of an answer its index."""

    children: dict[int, "Node"] = field(default_factory=dict)
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A parting: ``at`` is the input whose output decides it (-1: the end of the shared start).

    ``tokens`` are those that lead on, ``below`` the answers each of them can still become.
    """

    at: int
    tokens: tuple[int, ...]
    below: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ScoringTree:
    """What must be given to a model once so that every parting is decided by the one pass.

    ``start`` is what all answers begin with. Inputs follow it as a tree: ``tokens[i]`` continues ``parents[i]``
    (-1: the start) at ``depths[i]`` tokens after it, from 1.
    """

    start: tuple[int, ...]
    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    branches: tuple[Branch, ...]
    answers: int

    def ancestors(self) -> NDArray[np.bool_]:
        """Which inputs each input may look at, itself included: shape (inputs, inputs)."""
        seen = np.eye(len(self.tokens), dtype=bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] |= seen[parent]
        return seen

    def scores(self, logits: Sequence[FloatArray]) -> tuple[FloatArray, int]:
        """Every answer's probability, and the answer that greedy generation would write.

        ``logits`` holds for each branch, in order, the logits of its tokens. The probability of an answer is the
        product over its partings of the softmax among the tokens that lead on; they sum to 1.
        """
        log_probability = np.zeros(self.answers)
        alive = set(range(self.answers))
        for branch, values in zip(self.branches, logits, strict=True):
            shifted = np.asarray(values, dtype=np.float64) - np.max(values)
            logs = shifted - np.log(np.exp(shifted).sum())
            for log, below in zip(logs, branch.below, strict=True):
                log_probability[list(below)] += log
            if any(answer in alive for below in branch.below for answer in below):
                alive &= set(branch.below[int(np.argmax(values))])
        probabilities = np.exp(log_probability)
        return probabilities / probabilities.sum(), next(iter(alive))


def build(answers: Sequence[Sequence[int]]) -> Node:
    """The trie of ``answers``, each a sequence of tokens; none may be the start of another.

    >>> sorted(build([[5, 1], [5, 2, 3]]).children[5].children)
    [1, 2]
    """
    root = Node()
    for index, tokens in enumerate(answers):
        node = root
        for token in tokens:
            if node.answer is not None:
                raise ValueError(f"answer {node.answer} is the start of answer {index}")
            node = node.children.setdefault(token, Node())
        if node.children or node.answer is not None:
            raise ValueError(f"answer {index} is the start of another answer, or the same")
        node.answer = index
    return root


def scoring_tree(root: Node) -> ScoringTree:
    """Lay out the trie for one pass of a model: the shared start, then each place from which answers part."""
    start: list[int] = []
    node = root
    while len(node.children) == 1:
        token, node = next(iter(node.children.items()))
        start.append(token)
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    branches: list[Branch] = []
    waiting = [(node, -1, 0)]
    while waiting:  # breadth first, so that a parting comes before those below it
        node, at, depth = waiting.pop(0)
        if len(node.children) > 1:
            choices = tuple(node.children)
            branches.append(Branch(at, choices, tuple(tuple(_below(node.children[token])) for token in choices)))
        for token, child in node.children.items():
            if _parts_below(child):
                tokens.append(token)
                parents.append(at)
                depths.append(depth + 1)
                waiting.append((child, len(tokens) - 1, depth + 1))
    return ScoringTree(
        tuple(start), tuple(tokens), tuple(parents), tuple(depths), tuple(branches), len(list(_below(root)))
    )


def choose(node: Node, logits: Mapping[int, float]) -> int:
    """The token among those that lead on from ``node`` with the highest logit; the first of equals."""
    return max(node.children, key=lambda token: logits[token])


def _below(node: Node) -> list[int]:
    if node.answer is not None:
        return [node.answer]
    return [answer for child in node.children.values() for answer in _below(child)]


def _parts_below(node: Node) -> bool:
    while len(node.children) == 1:
        node = next(iter(node.children.values()))
    return len(node.children) > 1
