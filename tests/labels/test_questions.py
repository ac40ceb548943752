"""How a query becomes a question, and its answer an annotation."""

from math import exp
from pathlib import Path

import pytest

from topicsmith.labels.questions import Questions
from topicsmith.llm.prompts import load_prompt
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.types import Answer, TokenLogprobs
from topicsmith.records import Query, Usage
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Science"), Topic("Other")), "Other")


@pytest.fixture
def questions() -> Questions:
    return Questions("m", load_prompt("v2", Path()), TAXONOMY, "json", shape="s")


def test_a_question_holds_the_text_the_topics_and_the_shape_of_its_request(questions: Questions) -> None:
    asked = questions.ask(Query("q", "why is the sky blue", "t"))
    assert asked.id == "q"
    assert "why is the sky blue" in asked.request.user
    assert asked.request.schema is not None
    assert "Science" in str(asked.request.schema)
    assert asked.request.shape == "s"


@pytest.mark.parametrize(
    ("text", "finish", "again"),
    [
        ('{"topic": "Science"}', "stop", None),
        ('{"topic": "Zoology"}', "stop", "same"),
        ("hm", "stop", "same"),
        ('{"topic": "Sci', "length", "more"),
    ],
)
def test_an_answer_of_no_use_is_asked_for_once_more(
    questions: Questions, text: str, finish: str, again: str | None
) -> None:
    request = questions.ask(Query("q", "x", "t")).request
    answer = Answer(text, finish, Usage(1, 1), None)  # type: ignore[arg-type]  # of the parameters
    following = questions.follow_up(AnswerRoom(0), request, answer, 0)
    if again is None:
        assert following is None
    elif again == "same":
        assert following == request
        assert questions.follow_up(AnswerRoom(0), request, answer, 1) is None
    else:
        assert following is not None
        assert following.max_output_tokens == 4 * request.max_output_tokens


def test_a_topic_that_is_not_read_has_no_confidence(questions: Questions) -> None:
    logprobs = TokenLogprobs((11, 3), (-1.0, -0.25))
    said = questions.read(Answer('{"topic": "Sci', "length", Usage(), None, logprobs))
    assert (said.status, said.confidence) == ("truncated", None)


def test_the_confidence_is_that_of_the_name_that_was_written() -> None:
    questions = Questions("m", load_prompt("v2", Path()), TAXONOMY, "json")
    logprobs = TokenLogprobs((11, 3, 4, 2), (-1.0, -0.25, -0.5, -1.0))
    said = questions.read(Answer('{"topic": "Science"}', "stop", Usage(), None, logprobs))
    assert said.topic == "Science"
    assert said.confidence == pytest.approx(exp(-0.75))
