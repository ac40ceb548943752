import doctest
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topicsmith.llm.parsing import closed_set
from topicsmith.llm.parsing.closed_set import decide, decide_subtopic, named, others, says_nothing
from topicsmith.llm.parsing.replies import parse_reply, read_answer
from topicsmith.llm.types import Answer
from topicsmith.records import Usage
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(
    (
        Topic("Billing", subtopics=(Topic("Refunds"), Topic("Late fees"))),
        Topic("Billing disputes"),
        Topic("Travel", was=("Trips",)),
        Topic("Women's health"),
        Topic("Food, drink & nights out"),
        Topic("Account: access"),
        Topic("Other"),
    )
)

ALONE = [
    "**Billing**", "`Billing`", "'Billing'", "“Billing”", "# Billing", "```\nBilling\n```", "[Billing]",
    "\\boxed{Billing}",
    "Topic: Billing", 'Answer: "Billing".', "The topic is: Billing", "**Topic:** Billing", "## Topic\nBilling",
    "**Answer**: **Billing**", "Final answer: Billing", "Topic → Billing", "Topic - Billing", "Thema: Billing",
    "Topic: Billing (95%)", "Topic: Billing (confidence: 0.95)", "<answer>Billing</answer>",
    "<category>Billing</category>",
    "Sure, here it is.\n\n**Billing**", "The user asks about money.\n\nThe topic is: Billing",
    "**Topic:** Billing\n\nThe user asks about an invoice.",
]  # fmt: skip
ROWS = [
    "topic = Billing", "topic=Billing, confidence=0.9", "topic: Billing\nconfidence: 0.9",
    "- topic: Billing\n  sure: 1",
    "topic: Billing\nreasoning: maybe travel", "reasoning: |\n  maybe travel\ntopic: Billing",
    'topic: "Billing" # certain',
    'Category: "Billing"\nConfidence: high', '"topic": "Billing"', 'dict(topic="Billing")', 'Answer(topic="Billing")',
]  # fmt: skip
OBJECTS = [
    "{topic: Billing}", '{"topic": Billing}', '{"topic: "Billing"}', '{topic": "Billing"}', '{"topic": "Billing}',
    '{"topic": Billing"}', '{"topic" "Billing"}', '{"topic"; "Billing"}', '{"topic": "Billing",}',
    "{'topic': 'Billing'}",
    '{“topic”: “Billing”}', '{topic = "Billing"}', '{"topic" => "Billing"}', '{topic: Billing; confidence: 1}',
    "{'topic': 'Billing', 'subtopic': None}", "{'topic': 'Billing', 'reasoning': 'it's about the user's money'}",
    '"{\\"topic\\": \\"Billing\\"}"', '{"answer": "{\\"topic\\": \\"Billing\\"}"}',
    '{"topic": "{\\"topic\\": \\"Billing\\"}"}', '{"json": "{"topic": "Billing"}"}',
    '｛"topic"："Billing"｝', '{"topic"："Billing"，"confidence"：0.9}', "｛＂topic＂：＂Billing＂｝",
    "{「topic」:「Billing」}",
    '{"category": "Billing"}', '{"answer": "Billing"}', '{"topic": "Billing"]', '("topic": "Billing")',
    '["topic": "Billing"]',
    '{"topic": "Billing" /* sure */}', '{"topic": "Billing" // sure\n}', '{/* a */"topic": "Billing"}',
    '{"topic": "Billing" # sure\n}', '{\n  topic: Billing\n  confidence: 0.9\n}',
    '{"topic": "Billing" "confidence": 0.9}',
    '{"topic": "Billing", reasoning: "abc"}', '{"reasoning": "It is about travel", topic: Billing}',
    '```json\n{topic: Billing}\n```',
]  # fmt: skip


@pytest.mark.parametrize("raw", [*ALONE, *ROWS, *OBJECTS])
def test_what_gives_one_topic_is_read(raw: str) -> None:
    reply = parse_reply(raw, TAXONOMY)
    assert (reply.topic, reply.status) == ("Billing", "labelled")


@pytest.mark.parametrize("name", ["Women's health", "Food, drink & nights out", "Account: access", "Billing disputes"])
def test_names_with_punctuation_and_names_that_hold_another_are_read_whole(name: str) -> None:
    for raw in (
        f"{{topic: {name}, confidence: 1}}",
        f"{{'topic': '{name}'}}",
        f"topic: {name}",
        f"Answer:\n**{name}**",
    ):
        assert parse_reply(raw, TAXONOMY).topic == name


def test_a_former_name_is_the_topic() -> None:
    assert parse_reply("{topic: Trips}", TAXONOMY).topic == "Travel"
    assert parse_reply("Trips\nTravel", TAXONOMY).topic == "Travel"


@pytest.mark.parametrize(
    "raw",
    [
        "I think it is Billing.", "The topic is Billing, I think.", "Not Billing", "Topic: not Billing",
    "Not topic: Billing",
        "~~Billing~~", "topics: Billing", "Topic: [Billing]", "Topic: Billing, Weather", "topic: Billing and more",
        "Topic: Billing?\nOr maybe.", "Is it\n\nBilling?", "It is not\n\nBilling",
    "This is not about billing.\n\nBilling",
        "Topic: Billing\nWait, that is wrong.", "In my draft, topic: Billing", "> Topic: Billing", "Draft:\nBilling",
        "## Draft\nBilling", "My draft topic: Billing", "reasoning: |\n  topic: Billing",
    'reasoning: "well\ntopic: Billing"',
        "{topic: Billing", "dict(topic=Billing", "{topic: Billing or more}", "{scratch: {topic: Billing}}",
        "{scratch {topic: Billing}}", "Scratch(topic=Billing)", "{reasoning: maybe, topic: Billing}",
        '{"reasoning": "he wrote "topic": "Billing"}', '{"properties": {"topic": "Billing"}}',
    "<scratch>Billing</scratch>",
        "<think>{topic: Billing}", "<|channel|>analysis<|message|>Topic: Billing<|end|>", "Billing\n" * 4000,
    ],
)  # fmt: skip
def test_what_gives_no_topic_by_its_own_is_not(raw: str) -> None:
    reply = parse_reply(raw, TAXONOMY)
    assert (reply.topic, reply.status in {"unparsable", "off_taxonomy", "truncated"}) == (None, True)


def test_other_names_count_where_they_stand_and_not_as_part_of_a_longer_one() -> None:
    assert decide("Topic: Billing disputes", TAXONOMY) == "Billing disputes"
    assert decide("Billing disputes, but also billing.\n\nBilling disputes", TAXONOMY) is None
    assert named("BILLING-disputes and trips", TAXONOMY) == {"Billing disputes", "Travel"}
    assert named("otherwise, rebilling", TAXONOMY) == set()
    assert named("food, drink and nights out", TAXONOMY) == {"Food, drink & nights out"}
    assert named("这是账单问题", Taxonomy((Topic("账单"), Topic("旅行")))) == {"账单"}


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(closed_set).failed == 0


def test_answers_beside_an_object_are_found() -> None:
    assert others("Label: Travel\nSure, billing it is.", "", TAXONOMY, "Billing") == {"Travel"}
    assert others("Draft: Travel\nSure.", "", TAXONOMY, "Billing") == set()
    assert others("", "\n**Travel**", TAXONOMY, "Billing") == {"Travel"}


def test_a_subtopic_may_be_called_like_a_topic() -> None:
    assert parse_reply("topic: Billing\nsubtopic: Other", TAXONOMY).topic == "Billing"
    assert parse_reply("{topic: Billing, subtopic: Other}", TAXONOMY).topic == "Billing"
    assert parse_reply('{"topic": "Billing"}\nSubtopic: Other', TAXONOMY).topic == "Billing"


def test_a_subtopic_is_read_the_same_way() -> None:
    reply = parse_reply("{topic: Billing, subtopic: Late fees}", TAXONOMY)
    assert (reply.topic, reply.subtopic) == ("Billing", "Late fees")
    assert decide_subtopic("subtopic: Refunds\nsubtopic: Late fees", TAXONOMY, "Billing") is None
    assert decide_subtopic("subtopic: Parking", TAXONOMY, "Billing") is None


@pytest.mark.parametrize("raw", ["null", "None", "`null`", '"null"', "```json\nnull\n```", "Topic: null", " null.\n"])
def test_u10_null_alone_is_an_abstention(raw: str) -> None:
    assert parse_reply(raw, TAXONOMY).status == "abstained"


def test_null_is_a_topic_where_one_is_called_so_and_nothing_beside_words() -> None:
    assert parse_reply("Topic: None", Taxonomy((Topic("None"), Topic("Some")))).topic == "None"
    assert not says_nothing("null and void", TAXONOMY)
    assert not says_nothing('{"topic": null}', TAXONOMY)


Mutation = Callable[[str, st.DataObject], str]


def quotes_turned(raw: str, data: st.DataObject) -> str:
    return raw.replace('"', data.draw(st.sampled_from("'”`＂"))).replace(":", data.draw(st.sampled_from(":：=")))


def brackets_removed(raw: str, data: st.DataObject) -> str:
    gone = data.draw(st.sampled_from(["{", "}", "{}", "[]", "{}[]<>", "<", ">"]))
    return "".join(char for char in raw if char not in gone)


def one_character_lost(raw: str, data: st.DataObject) -> str:
    at = data.draw(st.integers(0, len(raw)))
    return raw[:at] + raw[at + 1 :]


def repeated(raw: str, data: st.DataObject) -> str:
    return raw + data.draw(st.sampled_from(["", "\n", "\n\n", ", "])) + raw


def in_prose(raw: str, data: st.DataObject) -> str:
    return data.draw(st.sampled_from(["Sure, here it is: ", "I looked at it.\n\n"])) + raw + "\nThat is all."


def called_a_draft(raw: str, data: st.DataObject) -> str:
    return data.draw(st.sampled_from(["My draft: ", "My draft:\n", "For example, "])) + raw


def fenced(raw: str, data: st.DataObject) -> str:
    return f"```{data.draw(st.sampled_from(['', 'json', 'yaml']))}\n{raw}\n```"


ALIKE: list[Mutation] = [quotes_turned, repeated, in_prose, fenced]
ANY: list[Mutation] = [*ALIKE, brackets_removed, one_character_lost, called_a_draft]


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from([*ALONE, *ROWS, *OBJECTS]), st.sampled_from(["Billing", "Billing disputes", "Women's health"]),
    st.lists(st.sampled_from(ANY), max_size=3), st.data(),
)  # fmt: skip
def test_a_mutated_answer_gives_its_own_topic_or_none(
    raw: str, name: str, mutations: list[Mutation], data: st.DataObject
) -> None:
    text = raw.replace("Billing", name)
    for mutate in mutations:
        text = mutate(text, data)
    cut = text[: data.draw(st.integers(0, len(text)))]
    # The beginning of "Billing disputes" is a topic as well: that an answer was cut off, only the provider knows.
    for reply in (parse_reply(text, TAXONOMY), read_answer(Answer(cut, "length", Usage(), "m"), TAXONOMY)):
        assert (reply.topic is None) == (reply.status != "labelled")
        assert reply.topic in {name, None}


TWO = [
    "%s\n%s", "- %s\n- %s", "%s or %s", "%s, %s", "%s/%s", "Topic: %s\nTopic: %s", "Topic: %s\nAnswer: %s",
    "Answer: %s, %s",
    "Topic: %s\nSecond topic: %s", "%s\n\nTopic: %s", '{"topic": "%s", "topic": "%s"}',
    '{"topic": "%s"} {"topic": "%s"}',
    '{"topic": "%s", "Topic": "%s"}', '{"topic": "%s", "final_topic": "%s"}', '{"topic": ["%s", "%s"]}',
    '{"topic": "%s or %s"}', '{"topic": "%s"}\nTopic: %s', '{"topic": "%s"}\n%s', '{"label": "%s"} {"topic": "%s"}',
    "{topic: %s, label: %s}", "<topic>%s</topic><topic>%s</topic>", "<topic>%s</topic>\nTopic: %s",
    "topic: %s; topic: %s",
    '{"answer": {"topic": "%s"}, "result": {"topic": "%s"}}', '["%s", "%s"]',
]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(TWO), st.permutations(["Billing", "Billing disputes", "Women's health", "Other", "Travel"]),
    st.lists(st.sampled_from(ALIKE), max_size=2), st.data(),
)  # fmt: skip
def test_of_two_topics_none_is_given(
    shape: str, names: list[str], mutations: list[Mutation], data: st.DataObject
) -> None:
    text = shape % (names[0], names[1])
    for mutate in mutations:
        text = mutate(text, data)
    assert parse_reply(text, TAXONOMY).topic is None
