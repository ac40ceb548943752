import json

import anthropic
import pytest
from pytest_httpserver import HTTPServer

from topicsmith.llm.errors import Malformed, Transient
from topicsmith.llm.providers.anthropic import Anthropic
from topicsmith.llm.types import ChatRequest
from topicsmith.records import Usage

OWN = Anthropic("https://api.anthropic.com", "sk-ant-canary")
ANSWER = {
    "id": "m1", "type": "message", "role": "assistant", "model": "claude-x-2026", "stop_reason": "end_turn",
    "stop_sequence": None,
    "content": [{"type": "thinking", "thinking": "Other?", "signature": "s"}, {"type": "text", "text": '{"topic": '},
                {"type": "text", "text": '"Science"}'}],
    "usage": {"input_tokens": 20, "output_tokens": 89, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 10,
              "output_tokens_details": {"thinking_tokens": 60}},
}  # fmt: skip


def test_the_official_client_takes_our_body_and_reads_the_same_answer(
    httpserver: HTTPServer, question: ChatRequest
) -> None:
    httpserver.expect_request("/v1/messages", method="POST").respond_with_json(ANSWER)
    request = OWN.encode(question)
    body = json.loads(request.body)
    client = anthropic.Anthropic(base_url=httpserver.url_for("/"), api_key="k", max_retries=0)
    theirs = client.messages.create(**body)
    sent, _ = httpserver.log[0]
    assert sent.get_json() == body
    assert sent.headers["anthropic-version"] == request.headers["anthropic-version"]
    ours = OWN.decode(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode())
    assert ours.text == "".join(block.text for block in theirs.content if block.type == "text")
    assert (ours.finish, ours.served_model) == ("stop", theirs.model)
    # Anthropic counts cached tokens apart; ours are the whole input, and the cached part of it.
    assert ours.usage == Usage(20 + 70 + 10, 89, 70, 60)
    assert theirs.usage.output_tokens_details is not None
    assert theirs.usage.output_tokens_details.thinking_tokens == 60


def test_the_schema_is_asked_for_natively(question: ChatRequest) -> None:
    body = json.loads(OWN.encode(question).body)
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert body["output_config"]["format"]["schema"]["additionalProperties"] is False
    assert body["system"] == "You sort."
    assert "temperature" not in body
    assert "output_config" not in json.loads(OWN.encode(ChatRequest("m", "s", "u")).body)
    assert "canary" not in repr(OWN) + repr(OWN.encode(question))


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("refusal", "refusal"),
     ("model_context_window_exceeded", "length"), ("pause_turn", "other"), (None, "other")],
)  # fmt: skip
def test_fault_21_22_how_an_answer_ended(reason: str | None, finish: str) -> None:
    answer = OWN.decode(200, {}, json.dumps({**ANSWER, "stop_reason": reason}).encode())
    assert answer.finish == finish


def test_an_empty_answer_is_an_answer_and_a_missing_one_is_not() -> None:
    assert OWN.decode(200, {}, json.dumps({**ANSWER, "content": []}).encode()).text == ""
    with pytest.raises(Malformed, match="without content"):
        OWN.decode(200, {}, b'{"id": "m1"}')
    with pytest.raises(Transient, match="anthropic: Overloaded"):
        OWN.decode(200, {}, b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}')
