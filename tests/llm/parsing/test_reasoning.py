import doctest

import pytest

from topicsmith.llm.parsing import reasoning
from topicsmith.llm.parsing.reasoning import (
    final_channel,
    fold,
    is_answer,
    is_led_in,
    is_reasoning,
    is_transparent,
    without_reasoning,
)
from topicsmith.llm.parsing.replies import parse_reply
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Billing"), Topic("Travel"), Topic("Other")))
TRAVEL = '{"topic": "Travel"}'
BILLING = '{"topic": "Billing"}'

WRAPPERS = [
    "<|channel|>analysis<|message|>%s<|end|>",
    "<|channel|>commentary<|message|>%s<|end|>",
    "<|start|>assistant<|channel|>analysis<|message|>%s<|end|><|start|>assistant",
    "analysis<|message|>%s<|end|>",
    "<reason>%s</reason>",
    "<scratch>%s</scratch>",
    "<draft>Maybe %s?</draft>",
    '<think lang="en">%s</think>',
    "<think>a<think>b</think>%s</think>",
    "<seed:think>%s</seed:think>",
    "<inner_monologue>%s</inner_monologue>",
    "<anything>%s</anything>",
    '<details type="reasoning">%s</details>',
    "[THINK]%s[/THINK]",
    "◁think▷%s◁/think▷",
    "<|START_THINKING|>%s<|END_THINKING|>",
    "<|begin_of_thought|>%s<|end_of_thought|>",
    "<unused94>thought\n%s<unused95>",
    "<|channel>thought\n%s<channel|>",
    "Here is my thought process: %s Here is my response: ",
    "%s</think>",
    "%s[/THINK]",
    '{"scratch": %s}',
    '{"draft": %s}',
    '{"reasoning": %s}',
    '{"analysis": %s}',
    '{"example": %s}',
    '{"anything": %s}',
    '{"scratch" %s}',
    '"scratch": %s}',
    '{"scratch": {"answer": %s}}',
    '{"scratch": [%s]}',
    "My draft: %s",
    "For example, %s",
    "The user wrote:\n> %s",
    "It is not ```json\n%s\n```",
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_k14_what_a_wrapper_of_reasoning_holds_is_never_the_answer(wrapper: str) -> None:
    for thought in (TRAVEL, "Topic: Travel", "<topic>Travel</topic>"):
        if thought != TRAVEL and ("{" in wrapper or wrapper[0] in '"MFTI'):
            continue  # these wrap an object; a name in prose is not looked at anyway
        thoughts = wrapper.replace("%s", thought)
        reply = parse_reply(thoughts, TAXONOMY)
        assert (reply.topic, reply.status in {"unparsable", "truncated", "off_taxonomy"}) == (None, True)


@pytest.mark.parametrize(
    "wrapper", [wrapper for wrapper in WRAPPERS if wrapper[0] not in '{"M' and "<|end|>" not in wrapper]
)
def test_k14_the_answer_after_reasoning_is_read(wrapper: str) -> None:
    reply = parse_reply(wrapper.replace("%s", TRAVEL) + "\n" + BILLING, TAXONOMY)
    assert (reply.topic, reply.status) == ("Billing", "labelled")


@pytest.mark.parametrize(
    "raw",
    [
        f"<|channel|>analysis<|message|>{TRAVEL}<|end|><|start|>assistant<|channel|>final<|message|>{BILLING}<|return|>",
        f"<|channel|>analysis<|message|>{TRAVEL}<|end|><|channel|>final <|constrain|>json<|message|>{BILLING}",
        f"analysisPerhaps {TRAVEL}assistantfinal{BILLING}",
        "<|channel|>final<|message|>Billing<|return|>",
    ],
)
def test_k14_only_the_final_channel_counts(raw: str) -> None:
    assert parse_reply(raw, TAXONOMY).topic == "Billing"


def test_channels_that_end_before_the_answer_are_cut_off_and_others_are_not() -> None:
    assert parse_reply("<|channel|>analysis<|message|>Hm, " + TRAVEL, TAXONOMY).status == "truncated"
    assert parse_reply("analysisHm, " + TRAVEL, TAXONOMY).status == "truncated"
    assert parse_reply("<|channel|>analysis<|message|>Hm.<|end|>", TAXONOMY).status == "unparsable"
    quoted = parse_reply('{"reasoning": "it says <|channel|>analysis", "topic": "Travel"}', TAXONOMY)
    assert (quoted.topic, quoted.reasoning) == ("Travel", "it says <|channel|>analysis")


@pytest.mark.parametrize(
    "raw",
    [
        '{"topic":"Billing","Topic":"Travel"}',
        '{"topic":"Billing"," topic ":"Travel"}',
        '{"topic":"Billing","ｔｏｐｉｃ":"Travel"}',
        '{"topic":"Billing","answer":{"topic":"Travel"}}',
        '{"topic":"Billing","final":"{\\"topic\\":\\"Travel\\"}"}',
        '{"answer":{"topic":"Billing"},"result":{"topic":"Travel"}}',
        f"{BILLING}\n{TRAVEL}",
        f"<topic>Billing</topic>{TRAVEL}",
        f"{BILLING}<|channel|>final<|message|>{BILLING}<|end|><|channel|>final<|message|>{TRAVEL}",
    ],
)
def test_k14_two_answers_that_disagree_are_none(raw: str) -> None:
    assert (parse_reply(raw, TAXONOMY).topic, parse_reply(raw, TAXONOMY).status) == (None, "unparsable")


def test_drafts_beside_the_answer_do_not_stand_in_its_way() -> None:
    assert parse_reply('{"draft": {"topic": "Travel"}, "topic": "Billing"}', TAXONOMY).topic == "Billing"
    assert parse_reply('{"thoughts": "Travel?", "answer": {"topic": "Billing"}}', TAXONOMY).topic == "Billing"
    assert parse_reply(
        "<answer><draft><topic>Travel</topic></draft><topic>Billing</topic></answer>", TAXONOMY
    ).topic == ("Billing")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(reasoning).failed == 0


@pytest.mark.parametrize(
    ("key", "thoughts", "answer"),
    [("reasoning", True, False), ("draft_1", True, False), ("Scratch", True, False), ("topic", False, True),
     ("final_answer", False, True), ("finalAnswer", False, True), ("json-input", False, True), ("misc", False, False)],
)  # fmt: skip
def test_keys_are_known_by_their_names(key: str, thoughts: bool, answer: bool) -> None:
    assert (is_reasoning(key), is_answer(key)) == (thoughts, answer)


def test_tags_that_only_format_are_looked_through() -> None:
    assert is_transparent("b")
    assert is_transparent("answer")
    assert not is_transparent("quote")


def test_keys_are_folded() -> None:
    assert fold(" **Ｔopic** ") == "topic"


@pytest.mark.parametrize(
    ("before", "led_in"),
    [("Here is the JSON: ", False), ("e.g. ", True), ('{"example": ', True), ('{"answer": ', False), ("", False),
     ("It is not ", True), ("I would say: ", False),
     ("The JSON with my reasoning: ", False), ("My reasoning: ", True), ("```json\n", False),
     ("**Reasoning:**\n", True)],
)  # fmt: skip
def test_what_stands_before_an_object_says_whether_it_is_the_answer(before: str, led_in: bool) -> None:
    assert is_led_in(before) is led_in


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<think>b</think>c", "ac"),
        ("a</think>b", "b"),
        ("a<think>b", None),
        ("<answer>a</answer>", "a"),
        ("<city>a</city>b", "b"),
        ("a <city> b", "a <city> b"),
    ],
)
def test_reasoning_is_taken_out(text: str, left: str | None) -> None:
    assert without_reasoning(text) == left


def test_a_text_without_channels_is_all_answer() -> None:
    assert final_channel("Billing") == ("Billing", None, False)
