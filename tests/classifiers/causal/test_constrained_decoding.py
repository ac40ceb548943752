"""What may be written next."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.answer_trie import Node, build  # noqa: E402
from topicsmith.classifiers.causal.base_model import load_tokenizer  # noqa: E402  # torch comes first
from topicsmith.classifiers.causal.chat_template import ChatLayout  # noqa: E402
from topicsmith.classifiers.causal.constrained_decoding import ReasoningGuide, StringVocabulary, TrieGuide  # noqa: E402


def logits(size: int, **best: float) -> Any:
    values = torch.zeros(size)
    for token, value in best.items():
        values[int(token[1:])] = value
    return values


def test_the_trie_leads_and_its_probabilities_multiply() -> None:
    guide = TrieGuide(build([[1, 2, 3], [1, 4, 5]]))
    assert guide.step(logits(9, t7=99.0)) == 1  # whatever the model would rather say
    assert guide.answer is None
    assert guide.step(logits(9, t4=1.0)) == 4
    assert guide.step(logits(9)) == 5
    assert guide.answer == 1
    assert guide.confidence == pytest.approx(torch.tensor([1.0, 0.0]).softmax(0)[0].item())


@pytest.fixture(scope="module")
def layout(tiny_causal_base: Path) -> ChatLayout:
    return ChatLayout(load_tokenizer(str(tiny_causal_base)))


@pytest.mark.slow
def test_no_token_can_break_the_string(layout: ChatLayout) -> None:
    vocabulary = StringVocabulary(layout, len(layout.tokenizer))
    for token in range(len(layout.tokenizer)):
        text = layout.decode([token])
        if token in layout.control:
            assert not vocabulary.allowed[token]
        elif vocabulary.allowed[token]:
            json.loads('"' + vocabulary.ending.get(token, text) + '"')
        else:
            assert any(c in text for c in '"\\') or not text.isprintable()


@pytest.mark.parametrize("seed", range(20))
def test_random_logits_write_a_whole_object(layout: ChatLayout, seed: int) -> None:
    """Whatever a model prefers, the reasoning ends and a topic follows."""
    generator = torch.Generator().manual_seed(seed)
    size = len(layout.tokenizer)

    def trie(before: str) -> Node:
        return build([layout.text(before + f'", "topic": "{name}"}}') for name in ("Music", "Other")])

    guide = ReasoningGuide(StringVocabulary(layout, size), 30, trie)
    written: list[int] = []
    while guide.answer is None:
        written.append(guide.step(torch.randn(size, generator=generator)))
    found = json.loads('{"reasoning": "' + layout.decode(written))
    assert found["topic"] == ("Music", "Other")[guide.answer]
    assert 0 < guide.confidence <= 1
