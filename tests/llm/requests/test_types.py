"""What is asked after an answer that was cut off."""

from topicsmith.llm.requests.types import as_it_is, retry_with_more_tokens
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage

REQUEST = ChatRequest("m", "s", "u", max_output_tokens=100)


def test_more_room_only_when_cut_off() -> None:
    bigger = retry_with_more_tokens(REQUEST, Answer("x", "length", Usage(), None), 0)
    assert bigger is not None
    assert bigger.max_output_tokens == 400
    assert retry_with_more_tokens(REQUEST, Answer("x", "stop", Usage(), None), 0) is None


def test_a_request_is_sent_as_it_is_where_nothing_was_learnt() -> None:
    assert as_it_is(REQUEST) is REQUEST
