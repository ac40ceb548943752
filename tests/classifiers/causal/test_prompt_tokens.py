"""From a text to tokens: cut where the context ends, the same in training and in use."""

from pathlib import Path

import pytest

from topicsmith.classifiers.causal.answer_format import AnswerForm
from topicsmith.classifiers.causal.base_model import load_tokenizer
from topicsmith.classifiers.causal.chat_template import ChatLayout
from topicsmith.classifiers.causal.prompt_tokens import PromptTokens
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import load_prompt
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def layout(tiny_causal_base: Path) -> ChatLayout:
    return ChatLayout(load_tokenizer(str(tiny_causal_base)))


def rendering(layout: ChatLayout, taxonomy: Taxonomy, limit: int) -> PromptTokens:
    return PromptTokens(AnswerForm(load_prompt("v2", Path()), taxonomy, False, None), layout, "label", limit, 50)


@pytest.mark.parametrize("text", ["", "hello", "word " * 500, "a" * 1_000_000, "漢" * 3000, "\ud83d" * 2000])
def test_any_text_fits_and_long_ones_are_cut_fault_61(layout: ChatLayout, taxonomy: Taxonomy, text: str) -> None:
    own = rendering(layout, taxonomy, 400)
    ids, cut = own.own(text)
    assert len(own.prefix) + len(ids) < 400
    assert cut == (len(text) > 1000)
    tail = layout.prompt("", "").own
    assert ids[-len(tail) :] == tail  # the fence and the question after the text stay


def test_training_rows_start_with_the_tokens_asked_in_use(layout: ChatLayout, taxonomy: Taxonomy) -> None:
    from topicsmith.classifiers.causal.fit import training_rows

    own = rendering(layout, taxonomy, 1024)
    row = training_rows(own, [Example("1", "soup", "Cooking")])[0]
    assert row.own == own.own("soup")[0]
    assert row.answer == (*layout.text('{"topic": "Cooking"}'), layout.end)
    assert row.inputs == (*row.own, *row.answer[:-1])


def test_another_rendering_has_another_probe(layout: ChatLayout, taxonomy: Taxonomy) -> None:
    own = rendering(layout, taxonomy, 1024)
    other = PromptTokens(AnswerForm(load_prompt("v1", Path()), taxonomy, False, None), layout, "label", 1024, 50)
    assert own.probe() == rendering(layout, taxonomy, 1024).probe()
    assert own.probe() != other.probe()


def test_no_room_for_a_text_is_an_error(layout: ChatLayout, taxonomy: Taxonomy) -> None:
    with pytest.raises(ProjectError, match=r"with 3 topics takes \d+ tokens .* too long for the 150 that the model"):
        assert rendering(layout, taxonomy, 150).prefix
