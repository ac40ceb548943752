from dataclasses import FrozenInstanceError

import pytest

from topicsmith.llm.types import Answer, ChatRequest, HttpRequest
from topicsmith.records import Usage


def test_fault_78_headers_are_in_no_repr() -> None:
    request = HttpRequest("https://x/v1", {"Authorization": "Bearer sk-canary"}, b"{}")
    assert "canary" not in repr(request)
    assert request.headers["Authorization"] == "Bearer sk-canary"


def test_requests_and_answers_do_not_change() -> None:
    answer = Answer("x", "stop", Usage(1, 2), "m")
    with pytest.raises(FrozenInstanceError):
        answer.text = "y"  # type: ignore[misc]  # that is the point
    request = ChatRequest("m", "s", "u")
    assert (request.temperature, request.seed, request.schema, request.max_output_tokens) == (0.0, None, None, 256)
