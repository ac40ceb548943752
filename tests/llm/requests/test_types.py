"""What is asked after an answer that was cut off."""

from topicsmith.llm.requests.types import MOST_TOKENS, retry_with_more_tokens, with_max_tokens
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage


def test_more_room_only_once_and_only_when_cut_off() -> None:
    request = ChatRequest("m", "s", "u", max_output_tokens=100)
    cut, whole = Answer("x", "length", Usage(), None), Answer("x", "stop", Usage(), None)
    bigger = retry_with_more_tokens(request, cut, 0)
    assert bigger is not None
    assert bigger.max_output_tokens == 400
    assert retry_with_more_tokens(request, cut, 1) is None
    assert retry_with_more_tokens(request, whole, 0) is None


def test_no_more_tokens_than_any_model_writes() -> None:
    cut = Answer("x", "length", Usage(), None)
    request = ChatRequest("m", "s", "u", max_output_tokens=10_000)
    bigger = retry_with_more_tokens(request, cut, 0)
    assert bigger is not None
    assert bigger.max_output_tokens == MOST_TOKENS == 32_768
    assert retry_with_more_tokens(with_max_tokens(request, MOST_TOKENS), cut, 0) is None
