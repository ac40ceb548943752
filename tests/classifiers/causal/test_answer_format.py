"""Every answer a taxonomy allows, as text and tokens."""

from pathlib import Path

import pytest

from topicsmith.classifiers.causal.answer_format import AnswerForm, Option, answer_trie, options
from topicsmith.classifiers.causal.answer_trie import Node
from topicsmith.classifiers.causal.base_model import load_tokenizer
from topicsmith.classifiers.causal.chat_template import ChatLayout
from topicsmith.llm.prompts import load_prompt
from topicsmith.taxonomy import Taxonomy, Topic

pytest.importorskip("transformers")

DEEP = Taxonomy((Topic("Arts", subtopics=(Topic("Film"), Topic("Film noir"))), Topic("Art"), Topic('Say "x"')))


def form(prompt: str = "v2", reasoning: str | None = None, subtopics: bool = False) -> AnswerForm:
    return AnswerForm(load_prompt(prompt, Path()), DEEP, subtopics, reasoning)  # type: ignore[arg-type]  # one of two


def walks(node: Node, path: tuple[int, ...] = ()) -> dict[int, tuple[int, ...]]:
    if node.answer is not None:
        return {node.answer: path}
    return {a: p for token, child in node.children.items() for a, p in walks(child, (*path, token)).items()}


def test_options_with_and_without_subtopics() -> None:
    assert options(DEEP, False) == [Option("Arts"), Option("Art"), Option('Say "x"')]
    assert options(DEEP, True) == [
        Option("Arts", "Film"),
        Option("Arts", "Film noir"),
        Option("Art", "none"),
        Option('Say "x"', "none"),
    ]


def test_tails_are_the_answer_up_to_what_decides_it() -> None:
    assert form().tails()[:2] == ['{"topic": "Arts"}', '{"topic": "Art"}']
    before = form("v3", "before")
    assert before.opening() == '{"reasoning": "'
    assert before.tails()[2] == '", "topic": "Say \\"x\\""}'
    assert form("v3", "after").tails()[0] == '{"topic": "Arts", "reasoning": "'


@pytest.mark.parametrize("subtopics", [False, True])
@pytest.mark.parametrize("reasoning", [None, "after"])
def test_the_tries_paths_read_as_the_answers(tiny_causal_base: Path, subtopics: bool, reasoning: str | None) -> None:
    layout = ChatLayout(load_tokenizer(str(tiny_causal_base)))
    own = form("v3" if reasoning else "v2", reasoning, subtopics)
    found = walks(answer_trie(layout, own))
    assert sorted(found) == list(range(len(own.options())))
    for answer, tail in enumerate(own.tails()):
        text = layout.decode(list(found[answer]))
        decisive = tail.removesuffix(', "reasoning": "')
        assert text.startswith(decisive)
        assert tail.startswith(text)
