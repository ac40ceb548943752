import doctest
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topicsmith.llm.parsing import replies
from topicsmith.llm.parsing.replies import UnrecoverableReply, parse_reply, read_answer, recover
from topicsmith.llm.prompts import AnswerForm, Reasoning, load_prompt
from topicsmith.llm.types import Answer
from topicsmith.records import Example, Usage
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(
    (
        Topic("Science", "", (), (Topic("Physics"), Topic("Life science"))),
        Topic("Arts & entertainment"),
        Topic("Other"),
    ),
    catch_all="Other",
)  # fmt: skip
CORPUS = [json.loads(line)["raw"] for line in (Path(__file__).parent / "data/malformed.jsonl").read_text().splitlines()]


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(replies).failed == 0


@pytest.mark.parametrize(
    ("raw", "topic", "status"),
    [
        ('{"topic": "Science"}', "Science", "labelled"),
        ('{"topic": " science. "}', "Science", "labelled"),
        ('{"topic": "ARTS_&_ENTERTAINMENT"}', "Arts & entertainment", "labelled"),
        ("<answer><topic>Arts &amp; entertainment</topic></answer>", "Arts & entertainment", "labelled"),
        ("Science", "Science", "labelled"),
        ("**Science**", "Science", "labelled"),
        ("Topic: Science", "Science", "labelled"),
        ('{"topic": "Sciences"}', None, "off_taxonomy"),  # fault 23: a plural is another word
        ('{"topic": "Science, Other"}', None, "off_taxonomy"),
        ('{"topic": ["Science", "Other"]}', None, "off_taxonomy"),
        ('{"topic": 3}', None, "off_taxonomy"),
        ('{"topic": "Weather"}', None, "off_taxonomy"),
        ('{"topic": null}', None, "abstained"),
        ('{"topic": "Science"} {"topic": "Other"}', None, "unparsable"),  # fault 24
        ('{"topic": "Science", "topic": "Other"}', None, "unparsable"),
        ("It could be Science.\n\nOther", None, "unparsable"),  # fault 25: the end of prose is a guess
        ("Topic: Science\nTopic: Other", None, "unparsable"),
        ("Topic: Science\nBut I am not sure at all about this one.", None, "unparsable"),
        ("<think>Science", None, "truncated"),
        ("<think>The topic is Science.</think>", None, "unparsable"),
        ('{"json": "{"topic": "Science"}"}', "Science", "labelled"),  # a guess, but only one topic is named
        ('{"json": "{"topic": "Science"}", "of": "Other"}', None, "unparsable"),
        ('{"scratch": "{"topic": "Science"}"}', None, "unparsable"),
        ('{"title": "cut"topic": "Science"}', None, "unparsable"),
        ("", None, "unparsable"),  # fault 26
        ("  \n", None, "unparsable"),
        ('{"topic": "Sci', None, "truncated"),  # fault 21
        ("I'm sorry, but I can't help with that.", None, "refused"),  # fault 22
        ("I cannot classify this content.", None, "refused"),
        ("Science" + " " * 2000 + "is not the topic", None, "unparsable"),
    ],
)
def test_a_topic_or_the_reason_why_not(raw: str, topic: str | None, status: str) -> None:
    reply = parse_reply(raw, TAXONOMY)
    assert (reply.topic, reply.status) == (topic, status)
    assert (reply.topic is None) == bool(reply.detail) or status == "abstained"


@pytest.mark.parametrize(
    "raw",
    [
        '{"reasoning": "<reasoning>About light.</reasoning>", "topic": "Science"}',
        '<reasoning>About light.</reasoning>{"reasoning": "", "topic": "Science"}',
        '<reasoning>About light.</reasoning>\n```json\n{"topic": "Science"}\n```',
        '<think>About light.</think>\n\n{"topic": "Science"}',
        'About light.</think>{"topic": "Science"}',
        "<answer><reasoning>About light.</reasoning><topic>Science</topic></answer>",
        '{"topic": "Science", "reasoning": "About light."}',
    ],
)
def test_fault_25_reasoning_tags_before_around_and_inside_the_object(raw: str) -> None:
    reply = parse_reply(raw, TAXONOMY)
    assert (reply.topic, reply.status, reply.reasoning) == ("Science", "labelled", "About light.")


@pytest.mark.parametrize(
    "thought", ['{"topic": "Other"}', "<topic>Other</topic>", "Topic: Other", 'so "topic": "Other"', "\n\nOther\n\n"]
)
@pytest.mark.parametrize(
    "shape", ["<think>%s</think>%s", "<answer><reasoning>%s</reasoning>%s</answer>", "<think>%s%s"]
)
def test_fault_25_a_topic_is_never_taken_out_of_reasoning(thought: str, shape: str) -> None:
    for answer in ('{"topic": "Science"}', "<topic>Science</topic>", "nothing to say here at all, I am afraid"):
        assert parse_reply(shape % (thought, answer), TAXONOMY).topic in {"Science", None}
    in_json = json.dumps({"reasoning": thought, "topic": "Science"})
    assert parse_reply(in_json, TAXONOMY).topic == "Science"
    unescaped = '{"reasoning": "%s", "topic": "Science"}' % thought  # noqa: UP031  # braces all over
    assert parse_reply(unescaped, TAXONOMY).topic in {"Science", None}


def test_subtopics_are_matched_below_their_topic() -> None:
    assert parse_reply('{"topic": "science", "subtopic": "life-science"}', TAXONOMY).subtopic == "Life science"
    wrong = parse_reply('{"topic": "Science", "subtopic": "Painting"}', TAXONOMY)
    assert (wrong.topic, wrong.subtopic, wrong.repairs) == ("Science", None, ("subtopic_off_taxonomy",))
    none = parse_reply('{"topic": "Other", "subtopic": "none"}', TAXONOMY)
    assert (none.topic, none.subtopic, none.repairs) == ("Other", None, ())


@pytest.mark.parametrize(
    ("written", "read"),
    [("0.75", 0.75), ("1", 1.0), ("-0.1", None), ("1.5", None), ('"high"', None), ("true", None), ("NaN", None),
     ("1e999", None)],
)  # fmt: skip
def test_fault_28_a_confidence_out_of_range_is_unknown(written: str, read: float | None) -> None:
    reply = parse_reply(f'{{"topic": "Science", "confidence": {written}}}', TAXONOMY)
    assert (reply.topic, reply.confidence) == ("Science", read)


def answer(text: str, finish: str) -> Answer:
    return Answer(text, finish, Usage(), "m")  # type: ignore[arg-type]  # the cases below are the literal's


@pytest.mark.parametrize(
    ("text", "finish", "topic", "status", "again"),
    [
        ('{"topic": "Science"}', "stop", "Science", "labelled", None),
        ('{"topic": "Science", "reasoning": "becau', "length", "Science", "labelled", "more_room"),
        ('{"reasoning": "It is about', "length", None, "truncated", "more_room"),
        ('{"topic": "Other', "length", None, "truncated", "more_room"),
        ("Other", "length", None, "truncated", "more_room"),  # may be the beginning of a longer name
        ("Topic: Other", "length", None, "truncated", "more_room"),
        ("no", "refusal", None, "refused", None),
        ('{"topic": "Science"}', "refusal", None, "refused", None),
        ("", "filter", None, "filtered", None),
        ('{"topic": "Weather"}', "stop", None, "off_taxonomy", "same"),
        ("", "stop", None, "unparsable", "same"),
    ],
)
def test_fault_21_and_22_what_the_provider_says_of_the_answer_comes_first(
    text: str, finish: str, topic: str | None, status: str, again: str | None
) -> None:
    reply = read_answer(answer(text, finish), TAXONOMY)
    assert (reply.topic, reply.status, reply.ask_again) == (topic, status, again)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("reasoning", [None, "before", "after"])
@pytest.mark.parametrize("example", [Example("1", "x", "Arts & entertainment", None, reasoning='a "<b>" & {c}'),
                                     Example("2", "x", "Science", "Physics", reasoning="light")])  # fmt: skip
def test_every_answer_we_ask_for_reads_back_without_repairs(
    form: AnswerForm, reasoning: Reasoning | None, example: Example
) -> None:
    target = load_prompt("v2", Path()).target(example, TAXONOMY, answer=form, subtopics=True, reasoning=reasoning)
    reply = parse_reply(target, TAXONOMY)
    assert (reply.topic, reply.subtopic) == (example.topic, example.subtopic)
    assert reply.reasoning == (example.reasoning if reasoning else None)
    assert reply.repairs in {(), ("surrounding_text",)}


PIECES = st.sampled_from(
    ['{"topic": ', '"Science"', "Other", "<think>", "</think>", "<topic>", "</topic>", "{", "}", "[", "]", '"', "'",
     "\\", ",", ":", "\n", "```json", "null", "NaN", "1e400", "...", "reasoning", "Topic: ", "“", "”", "//", "/*",
     "\ud83d", " "]
)  # fmt: skip


def read_everything(raw: str) -> None:
    reply = parse_reply(raw, TAXONOMY)
    assert (reply.topic in TAXONOMY.names) == (reply.status == "labelled")
    for fields in (["topic"], ["topic", "reasoning"], ["$"], ["[0]"], []):
        try:
            recover(raw, fields)
        except UnrecoverableReply:
            continue


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(st.characters(), max_size=200))
def test_fault_27_any_text_gives_a_topic_or_a_reason_and_nothing_else(raw: str) -> None:
    read_everything(raw)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CORPUS), st.data())
def test_fault_27_mutations_of_real_answers_never_raise(raw: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    read_everything(raw[:start] + data.draw(PIECES) * data.draw(st.integers(0, 3)) + raw[end:])


@pytest.mark.parametrize(
    "raw",
    [
        '{"a": "' + '"x' * 40_000,
        '{"a": "' + "\\" * 90_000,
        '{"topic": "' + "”," * 40_000,
        '{"topic"' + " " * 90_000,
        "{" + "..." * 30_000,
        "{" + "//\n" * 30_000,
        '{"a": [' + "1," * 45_000,
        '{"a": [' + "[" * 90_000,
        "{" + "".join(f'"k{n}": {n}, ' for n in range(8000)),
        '{"a": [{"b": \\',
        "<topic>" * 14_000,
        "<topic>x</topic>" * 6000,
        "<think>" * 14_000 + "</think>" * 4000,
        "topic" + "*" * 90_000 + ":",
        "Topic: x\n" * 10_000,
        "a\n\n" * 30_000,
        "{'a': '" + "',x" * 30_000,
        '{"a": "{' + '\\n"b": "{' * 10_000,
        "x" * 5_000_000,
        '{"topic": "' + "x" * 5_000_000 + '"}',
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_fault_27_reading_stays_bounded(raw: str) -> None:
    read_everything(raw)  # anything worse than linear would take minutes; benchmarks/replies.py measures the time


@pytest.mark.parametrize("space", ["", " ", "\n  "])
def test_an_answer_exactly_as_asked_needs_no_mending(space: str) -> None:
    said = parse_reply(f'{space}{{{space}"topic"{space}:{space}"science"{space}}}{space}', TAXONOMY)
    assert (said.topic, said.status, said.repairs) == ("Science", "labelled", ())


def test_what_follows_a_long_gap_still_counts() -> None:
    said = parse_reply('{"topic": "Science"}' + " " * 2000 + "No, the answer is Other.", TAXONOMY)
    assert said.topic is None
