"""Batches, and that scoring and writing agree on a model of random weights with many, deeply parting answers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.answer_trie import build, scoring_tree  # noqa: E402
from topicsmith.classifiers.causal.base_model import load_base  # noqa: E402
from topicsmith.classifiers.causal.constrained_decoding import TrieGuide  # noqa: E402
from topicsmith.classifiers.causal.packing import SharedPrompt  # noqa: E402
from topicsmith.classifiers.causal.scoring import batches, score, write  # noqa: E402  # torch comes first


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 8), st.integers(1, 100))
def test_every_row_is_in_one_batch_within_the_limits(lengths: list[int], size: int, tokens: int) -> None:
    found = list(batches(lengths, size, tokens))
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) <= size
        assert len(batch) == 1 or sum(lengths[i] for i in batch) <= tokens


def test_scoring_picks_what_writing_writes_and_its_probability(tiny_causal_base: Path) -> None:
    generator = torch.Generator().manual_seed(3)
    prompt = SharedPrompt(load_base(str(tiny_causal_base)).eval(), list(range(50, 90)))
    rows = [torch.randint(5, 500, (n,), generator=generator).tolist() for n in (3, 11, 7, 1, 20)]
    answers = {
        (7, *torch.randint(5, 9, (4,), generator=generator).tolist(), 499) for _ in range(40)
    }  # four tokens of four kinds: they part at every depth
    trie = build(sorted(answers))
    tree = scoring_tree(trie)
    assert max(tree.depths) >= 2
    scored = score(prompt, rows, tree)
    written = write(prompt, rows, [TrieGuide(trie) for _ in rows])
    assert [one.answer for one in scored] == [one.answer for one in written]
    for one, other in zip(scored, written, strict=True):
        assert one.probabilities.sum() == pytest.approx(1.0)
        assert one.probabilities[one.answer] == pytest.approx(other.confidence, rel=1e-3)
        assert len(other.tokens) == 6
