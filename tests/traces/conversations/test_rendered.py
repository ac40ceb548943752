"""Conversations rendered to one text."""

import pytest

from topicsmith.traces.conversations.rendered import rendered

LLAMA = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWhere is it?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nHere."
)


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>user\nWhere is it?<|im_end|>\n<|im_start|>assistant\nHere.<|im_end|>",
        LLAMA,
        "<start_of_turn>user\nWhere is it?<end_of_turn>\n<start_of_turn>model\nHere.<end_of_turn>",
        "<|user|>\nWhere is it?</s>\n<|assistant|>\nHere.</s>",
        "### Human: Where is it?### Assistant: Here.",
        "Human: Where is it?\n\nAssistant: Here.",
    ],
)
def test_templates_are_read_back(text: str) -> None:
    found = rendered(text)
    assert found is not None
    assert [(message.role, message.content) for message in found] == [("user", "Where is it?"), ("assistant", "Here.")]


@pytest.mark.parametrize(
    "text",
    ["What does <|im_start|>user mean?", "### Human: only", "Human: what am I?", "<|user|> hi", "User: x\n\nUser: y"],
)
def test_a_text_that_quotes_one_stays(text: str) -> None:
    assert rendered(text) is None
