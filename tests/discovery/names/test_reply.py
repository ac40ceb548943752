import json

import pytest

from topicsmith.discovery.names.reply import NameReply, UnusableReply, read_name
from topicsmith.llm.types import Answer, FinishReason
from topicsmith.records import Usage
from topicsmith.taxonomy import Taxonomy, Topic

TOPICS = Taxonomy((Topic("Top up", was=("Recharge",)), Topic("None"), Topic("no"), Topic("Other")), "Other")


def read(text: str | dict[str, object], finish: FinishReason = "stop") -> NameReply | UnusableReply:
    raw = text if isinstance(text, str) else json.dumps(text)
    return read_name(Answer(raw, finish, Usage(), None), TOPICS)


def answer(**changes: object) -> dict[str, object]:
    return {
        "name": "Card arrival",
        "description": "When cards come.",
        "not_a_topic": False,
        "same_as": "none",
    } | changes


GOOD = NameReply("Card arrival", "When cards come.")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(answer()),
        json.dumps(answer(same_as=None)),
        json.dumps(answer(same_as="")),
        json.dumps(answer(same_as=False, not_a_topic="no")),
        json.dumps(answer(name=' "Card  arrival." ', description="When\ncards come.")),
        "<think>{hm}</think>```json\n" + json.dumps(answer()) + "\n```",
        json.dumps({"answer": answer()}),
        '{"Name": "Card arrival", "Description": "When cards come.", "Not_a_topic": false}',
        '{"name": "Card arrival", "description": "When cards come."}',
        "{'name': 'Card arrival', 'description': 'When cards come.',}",
        "<answer><name>Card arrival</name><description>When cards come.</description><same_as>none</same_as></answer>",
    ],
)
def test_names_are_read_whatever_is_around_them(text: str) -> None:
    assert read(text) == GOOD


@pytest.mark.parametrize("same_as", ["Top up", "top-up", "Recharge"])
def test_the_same_as_a_topic(same_as: str) -> None:
    assert read(answer(same_as=same_as)) == NameReply("Card arrival", "When cards come.", same_as="Top up")
    assert read({"same_as": same_as}) == NameReply("", "", same_as="Top up")


def test_a_name_that_a_topic_has_is_that_topic() -> None:
    assert read(answer(name="TOP UP")) == NameReply("TOP UP", "When cards come.", same_as="Top up")


def test_topics_whose_names_look_like_no_answer() -> None:
    assert read(answer(same_as="no")) == NameReply("Card arrival", "When cards come.", same_as="no")
    assert read(answer(same_as="none")) == GOOD  # what the question asks for where no topic is meant


@pytest.mark.parametrize("said", [True, "true", "Yes"])
def test_no_topic(said: object) -> None:
    assert read(answer(not_a_topic=said, name=None)) == NameReply("", "When cards come.", not_a_topic=True)
    assert read({"not_a_topic": said}) == NameReply("", "", not_a_topic=True)


def test_the_catch_all_is_no_topic_to_widen() -> None:
    assert read(answer(same_as="Other")) == NameReply("Card arrival", "When cards come.", not_a_topic=True)
    assert read({"same_as": "Other"}) == NameReply("", "it belongs to 'Other'", not_a_topic=True)


@pytest.mark.parametrize(
    ("text", "reason", "again"),
    [
        ("", "it is empty", "same"),
        ("no idea", "no object with 'name', 'description'", "same"),
        ("Card arrival", "no object with 'name', 'description'", "same"),
        ("I'm sorry, but I cannot help with that.", "the model refused: I'm sorry", None),
        ('{"name": "Card arr', "the answer breaks off", "more_room"),
        (json.dumps(answer()) + json.dumps(answer(name="Other one")), "two objects that disagree", "same"),
        (answer(not_a_topic=True, same_as="Top up"), "no topic, and that it is 'Top up'", "same"),
        (answer(same_as="Cooking"), "its 'same_as' is 'Cooking', which is not a topic", "same"),
        (answer(same_as=["Top up"]), "which is not a topic", "same"),
        (answer(name=None), "it gives no name", "same"),
        (answer(name="..."), "it gives no name", "same"),
        (answer(name="N/A"), "it gives no name but 'N/A'", "same"),
        (answer(description=" "), "it gives no description", "same"),
        (answer(name=["a"]), "its 'name' is no text: ['a']", "same"),
        (answer(name="x" * 81), "its 'name' has 81 characters, at most 80 are used", "same"),
        (answer(description="x" * 501), "its 'description' has 501 characters", "same"),
        (answer(not_a_topic="maybe"), "its 'not_a_topic' is neither true nor false: 'maybe'", "same"),
        (answer(name="[message 0123456789ab]"), "its 'name' repeats the question", "same"),
        (answer(name="a\x00b"), "its 'name' holds control characters", "same"),
        (answer(name="a\ud800b"), "its 'name' holds control characters", "same"),
        ({"topic": "Top up"}, "no object with 'name', 'description'", "same"),
        ("[" * 100_001, "characters long", "same"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(
    text: str | dict[str, object], reason: str, again: str | None
) -> None:
    found = read(text)
    assert isinstance(found, UnusableReply)
    assert reason in found.reason
    assert found.again == again


def test_how_the_answer_ended_counts() -> None:
    assert read("no", "refusal") == UnusableReply("the model refused: no")
    assert read(answer(), "filter") == UnusableReply(f"the model refused: {json.dumps(answer())}")
    assert read("Let me think", "length") == UnusableReply("the answer breaks off", "more_room")
    assert read(answer(), "length") == GOOD  # the object is whole


def test_without_topics_nothing_is_the_same_as_one() -> None:
    said = Answer(json.dumps(answer()), "stop", Usage(), None)
    assert read_name(said, None) == GOOD
    wrong = Answer(json.dumps(answer(same_as="Top up")), "stop", Usage(), None)
    assert isinstance(read_name(wrong, None), UnusableReply)


def test_what_is_a_name() -> None:
    assert GOOD.is_name
    assert not NameReply("a", "b", not_a_topic=True).is_name
    assert not NameReply("a", "b", same_as="Top up").is_name
