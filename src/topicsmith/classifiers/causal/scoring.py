"""Two ways to ask a causal model: score every answer in one pass, or write the answer under constraint."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.causal.answer_trie import FloatArray, ScoringTree
from topicsmith.classifiers.causal.constrained_decoding import Guide
from topicsmith.classifiers.causal.packing import Pack, SharedPrompt, join, pack


@dataclass(frozen=True, slots=True)
class Scored:
    """Every answer's probability and the index of the one that greedy generation would write."""

    probabilities: FloatArray
    answer: int


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the index of the answer, its probability among those allowed, and all tokens."""

    answer: int
    confidence: float
    tokens: tuple[int, ...]


def batches(lengths: Sequence[int], batch_size: int, batch_tokens: int) -> Iterator[list[int]]:
    """Indices of rows in batches of at most ``batch_size`` rows and ``batch_tokens`` tokens, longest rows together.

    A row longer than ``batch_tokens`` gets a batch of its own.
    """
    batch: list[int] = []
    tokens = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) == batch_size or tokens + lengths[index] > batch_tokens):
            yield batch
            batch, tokens = [], 0
        batch.append(index)
        tokens += lengths[index]
    if batch:
        yield batch


def score(prompt: SharedPrompt, rows: Sequence[Sequence[int]], tree: ScoringTree) -> list[Scored]:
    """Score every answer for each of ``rows`` (what follows the shared prompt), all in one pass."""
    prompt.forget_rows()
    starts = pack([[*row, *tree.start] for row in rows], len(prompt.prefix))
    ends = np.cumsum([len(row) + len(tree.start) for row in rows])
    packed, inputs = starts, len(tree.tokens)
    if inputs:
        packed = join(
            starts, *(_tree_inputs(tree, row, int(starts.positions[end - 1])) for row, end in enumerate(ends))
        )
    keep = [
        int(ends[row]) - 1 if branch.at < 0 else len(starts) + row * inputs + branch.at
        for row in range(len(rows))
        for branch in tree.branches
    ]
    tokens = sorted({token for branch in tree.branches for token in branch.tokens})
    columns = [np.searchsorted(tokens, branch.tokens) for branch in tree.branches]
    logits = prompt.read_for(tokens, packed, keep, _with_row(tree)).double().cpu().numpy()
    scored = []
    for row in range(len(rows)):
        own = logits[row * len(columns) : (row + 1) * len(columns)]
        scored.append(Scored(*tree.scores([one[among] for one, among in zip(own, columns, strict=True)])))
    return scored


def _tree_inputs(tree: ScoringTree, row: int, last_position: int) -> Pack:
    count = len(tree.tokens)
    return Pack(
        np.array(tree.tokens, np.int64),
        last_position + np.array(tree.depths, np.int64),
        np.full(count, row, np.int64),
        np.arange(1, count + 1, dtype=np.int64),
    )


def _with_row(tree: ScoringTree) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which nodes see which, node 0 being the row, which every node sees."""
    nodes = np.zeros((len(tree.tokens) + 1, len(tree.tokens) + 1), dtype=bool)
    nodes[:, 0] = True
    nodes[1:, 1:] = tree.ancestors()
    return nodes


def write(prompt: SharedPrompt, rows: Sequence[Sequence[int]], guides: Sequence[Guide]) -> list[Written]:
    """Write an answer for each of ``rows`` token by token as its guide allows; rows that have theirs stop."""
    prompt.forget_rows()
    packed = pack(rows, len(prompt.prefix))
    keep = [int(end) - 1 for end in np.cumsum([len(row) for row in rows])]
    written: list[list[int]] = [[] for _ in rows]
    active = list(range(len(rows)))
    while active:
        for row, logits in zip(active, prompt.read(packed, keep), strict=True):
            written[row].append(guides[row].step(logits))
        active = [row for row in active if guides[row].answer is None]
        packed = Pack(
            np.array([written[row][-1] for row in active], np.int64),
            np.array([len(prompt.prefix) + len(rows[row]) + len(written[row]) - 1 for row in active], np.int64),
            np.array(active, np.int64),
            np.zeros(len(active), np.int64),
        )
        keep = list(range(len(active)))
    return [
        Written(guide.answer, guide.confidence, tuple(tokens))
        for guide, tokens in zip(guides, written, strict=True)
        if guide.answer is not None
    ]
