"""The probability of a topic's name, by sums worked out by hand."""

from itertools import accumulate
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.llm.parsing.replies import parse_reply
from topicsmith.llm.parsing.token_confidence import token_confidence, topic_span
from topicsmith.llm.providers.logprobs import WrittenToken, along
from topicsmith.llm.types import Answer
from topicsmith.records import Usage
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(
    (
        Topic("Science", subtopics=(Topic("Computer science"),)),
        Topic("Science fiction"),
        Topic("Arts & entertainment"),
        Topic("Café 🚀"),
        Topic('The "best"'),
        Topic("Questions (general)"),
        Topic("[Who?]"),
        Topic("Other", was=("Misc",)),
    ),
    catch_all="Other",
)


def answer(*pairs: tuple[str | bytes, float]) -> Answer:
    written = [WrittenToken(data.encode() if isinstance(data, str) else data, logprob) for data, logprob in pairs]
    text = b"".join(token.data for token in written).decode()
    return Answer(text, "stop", Usage(), None, along(text, written))


def confidence(*pairs: tuple[str | bytes, float]) -> float | None:
    said = answer(*pairs)
    topic = parse_reply(said.text, TAXONOMY).topic
    assert topic is not None
    return token_confidence(said, topic, TAXONOMY)


def test_the_tokens_of_the_name_are_multiplied_and_no_others() -> None:
    found = confidence(('{"', -1), ("topic", -1), ('": "', -1), ("Sci", -0.25), ("ence", -0.5), ('"}', -1))
    assert found == pytest.approx(exp(-0.75))


def test_a_token_that_writes_a_part_of_the_name_counts_whole() -> None:
    found = confidence(('{"topic":', -1), (' "Sci', -0.25), ("ence", -0.5), ('"}', -1))
    assert found == pytest.approx(exp(-0.75))
    assert confidence(('{"topic": "', -1), ("Scien", -0.125), ('ce"}', -0.5)) == pytest.approx(exp(-0.625))


def test_a_certain_name_has_the_probability_one_and_a_hopeless_one_none() -> None:
    assert confidence(('{"topic": "', -1), ("Science", 0.0), ('"}', -1)) == 1.0
    assert confidence(('{"topic": "', -1), ("Science", -9999.0), ('"}', -1)) == 0.0


def test_characters_that_several_tokens_write_count_with_all_their_bytes() -> None:
    rocket = "🚀".encode()
    found = confidence(
        ('{"topic": "', -1), ("Caf", -0.5), (b"\xc3", -0.25), (b"\xa9 " + rocket[:2], -0.125),
        (rocket[2:] + b'"', -2), ("}", -4),
    )  # fmt: skip
    assert found == pytest.approx(exp(-0.5 - 0.25 - 0.125 - 2))


def test_characters_before_the_name_do_not_shift_it() -> None:
    found = confidence(('{"reasoning": "', -1), ("größer 🚀", -1), ('", "topic": "', -1), ("Science", -0.5), ('"}', -1))
    assert found == pytest.approx(exp(-0.5))


@pytest.mark.parametrize(
    ("written", "topic"),
    [
        (r"Arts \u0026 entertainment", "Arts & entertainment"),
        (r"Caf\u00e9 \ud83d\ude80", "Café 🚀"),
        ("Cafe\u0301 🚀", "Café 🚀"),
        (r"The \"best\"", 'The "best"'),
        ("science-FICTION", "Science fiction"),
        ("Questions (general)", "Questions (general)"),
        ("questions  (general", "Questions (general)"),
        ("[Who?]", "[Who?]"),
        ("who", "[Who?]"),
        ("Misc", "Other"),
    ],
)
def test_a_name_in_another_spelling_is_found_where_it_stands(written: str, topic: str) -> None:
    text = f'{{"topic": "{written}"}}'
    assert parse_reply(text, TAXONOMY).topic == topic
    span = topic_span(text, topic, TAXONOMY)
    assert span is not None
    start, end = span
    # Quotation marks at a name's end are no part of how it is recognised.
    assert (start, end) == (11, 11 + len(written) - (2 if written.endswith(r"\"") else 0))
    said = answer(('{"topic": "', -1), (written, -0.5), ('"}', -1))
    assert token_confidence(said, topic, TAXONOMY) == pytest.approx(exp(-0.5))


LAST = [
    '{"reasoning": "Science? Not Science fiction. Science it is.", "topic": "[Science]"}',
    '<think>Science or Science fiction? I say Science.</think>{"topic": "[Science]"}',
    '{"topic": "Other"}</think>\n{"topic": "[Science]"}',
    '{"topic": "[Science]", "reasoning": "It is about Science, as every Science text."}',
    '{"topic": "[Science]", "subtopic": "Computer science"}',
    'Sure:\n```json\n{"topic": "[Science]",}\n```\nI chose Science because of the physics.',
    '{"topic": "Science"}\n{"topic": "[Science]"}',
    "<reasoning>Science fiction</reasoning><topic>[Science fiction]</topic>",
    "<topic>[Arts &amp; entertainment]</topic>",
    "It is about Science.\n\nTopic: [Science]",
    "[science].",
    "<|channel|>analysis<|message|>Science?<|end|><|channel|>final<|message|>[Science]<|return|>",
]


@pytest.mark.parametrize("marked", LAST)
def test_the_place_is_where_the_parser_read_the_topic(marked: str) -> None:
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    topic = parse_reply(text, TAXONOMY).topic
    assert topic is not None
    assert topic_span(text, topic, TAXONOMY) == (start, end)


def test_reasoning_that_names_the_topic_does_not_count() -> None:
    found = confidence(
        ('{"reasoning": "', -1), ("Science", -3), (" or ", -1), ("Science", -4), ('", "topic": "', -1),
        ("Science", -0.125), ('"}', -1),
    )  # fmt: skip
    assert found == pytest.approx(exp(-0.125))


def test_without_log_probabilities_or_a_place_there_is_none() -> None:
    assert token_confidence(Answer("Science", "stop", Usage(), None), "Science", TAXONOMY) is None
    assert token_confidence(answer(("Science", -0.5)), "Other", TAXONOMY) is None
    # Two lines that both count, and not alike: the second doubts the first.
    assert topic_span("Topic: Science\nBut Science may be wrong?", "Science", TAXONOMY) is None


@pytest.mark.slow
@given(st.integers(1, 10**6))
def test_however_an_answer_is_cut_into_tokens_the_ones_that_touch_the_name_count(seed: int) -> None:
    text = '{"topic": "Café 🚀", "reasoning": "Café 🚀!"}'.encode()
    name = (11, 11 + len("Café 🚀".encode()))
    cuts = [at for at in range(1, len(text)) if seed * at % 7 < 3]
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    ends = list(accumulate(map(len, parts)))
    touching = sum(end - len(part) < name[1] and end > name[0] for part, end in zip(parts, ends, strict=True))
    found = confidence(*[(part, -0.5) for part in parts])
    assert found == pytest.approx(exp(-0.5 * touching))
