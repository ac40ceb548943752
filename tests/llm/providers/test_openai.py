import json

import openai
import pytest
from pytest_httpserver import HTTPServer

from topicsmith.llm.errors import Malformed, Transient
from topicsmith.llm.providers.openai import ChatCompletions
from topicsmith.llm.types import ChatRequest, TokenLogprobs
from topicsmith.records import Usage

OWN = ChatCompletions("openai", "https://api.openai.com/v1", "sk-canary-secret", own_service=True)
ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "model-1-2026",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": '{"topic": "Science"}'}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 12, "total_tokens": 112,
              "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 5}},
}  # fmt: skip


def decode(answer: object, provider: ChatCompletions = OWN) -> object:
    return provider.decode(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())


def with_choice(**choice: object) -> dict[str, object]:
    return {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", **choice}]}


def test_the_official_client_takes_our_body_and_reads_the_same_answer(
    httpserver: HTTPServer, question: ChatRequest
) -> None:
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(ANSWER)
    body = json.loads(OWN.encode(question).body)
    client = openai.OpenAI(base_url=httpserver.url_for("/v1"), api_key="k", max_retries=0)
    theirs = client.chat.completions.create(**body)
    sent, _ = httpserver.log[0]
    assert sent.get_json() == body
    ours = OWN.decode(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode())
    assert theirs.usage is not None
    assert ours.text == theirs.choices[0].message.content
    assert ours.served_model == theirs.model == "model-1-2026"
    assert ours.usage == Usage(theirs.usage.prompt_tokens, theirs.usage.completion_tokens, 64, 5)
    assert ours.finish == "stop"


def test_the_body_names_the_schema_and_holds_no_broken_characters(question: ChatRequest) -> None:
    request = OWN.encode(question)
    body = json.loads(request.body)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["schema"]["properties"]["topic"]["enum"][0] == "Science"
    assert body["messages"][1] == {"role": "user", "content": 'say "hi" \ufffd\ufffd\n[end]'}
    assert (body["max_completion_tokens"], body["temperature"], body["seed"]) == (64, 0.0, 13)
    assert request.headers["Authorization"] == "Bearer sk-canary-secret"
    assert request.url == "https://api.openai.com/v1/chat/completions"


def test_fault_78_the_key_is_in_no_repr(question: ChatRequest) -> None:
    assert "canary" not in repr(OWN) + repr(OWN.encode(question))


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-5-nano", "o4-mini", "ft:gpt-5:x"])
def test_models_that_think_take_no_temperature_and_get_room(model: str) -> None:
    body = json.loads(OWN.encode(ChatRequest(model, "s", "u")).body)
    assert "temperature" not in body
    assert body["max_completion_tokens"] > 1000


@pytest.mark.parametrize("model", ["gpt-4.1-nano", "gpt-4o", "ft:gpt-4.1-nano:x"])
def test_models_that_do_not_think_are_asked_without_chance(model: str) -> None:
    assert json.loads(OWN.encode(ChatRequest(model, "s", "u")).body)["temperature"] == 0.0


def test_compatible_servers_get_the_older_spelling_and_no_key_where_there_is_none() -> None:
    vllm = ChatCompletions("vllm", "http://127.0.0.1:8000/v1", None, no_thinking_template=True)
    request = vllm.encode(ChatRequest("Qwen/Qwen3-4B", "s", "u", max_output_tokens=40))
    body = json.loads(request.body)
    assert (body["max_tokens"], body["chat_template_kwargs"]) == (40, {"enable_thinking": False})
    assert "max_completion_tokens" not in body
    assert "response_format" not in body
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("choice", "text", "finish"),
    [
        ({"message": {"content": "x"}, "finish_reason": "length"}, "x", "length"),
        ({"message": {"content": None, "refusal": "I cannot."}}, "I cannot.", "refusal"),
        ({"message": {"content": None}, "finish_reason": "content_filter"}, "", "filter"),
        ({"message": {"content": None}}, "", "stop"),
        ({"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}, "ab", "stop"),
        ({"message": {"content": "x"}, "finish_reason": "tool_calls"}, "x", "other"),
        ({"message": {"content": "x"}, "finish_reason": None}, "x", "other"),
        ({"message": {"content": "x"}, "finish_reason": []}, "x", "other"),
        ({}, "", "stop"),
        ({"message": {"content": "", "reasoning_content": '{"topic": "Other"}'}}, "", "stop"),  # fault 25
    ],
)
def test_fault_21_22_26_how_an_answer_ended(choice: dict[str, object], text: str, finish: str) -> None:
    answer = OWN.decode(200, {}, json.dumps(with_choice(**choice)).encode())
    assert (answer.text, answer.finish) == (text, finish)


@pytest.mark.parametrize(
    "usage", [None, {}, "12", [], {"prompt_tokens": -1, "completion_tokens": "12"}, {"prompt_tokens": True}]
)
def test_fault_15_a_usage_that_cannot_be_is_unknown_and_the_answer_is_kept(usage: object) -> None:
    answer = OWN.decode(200, {}, json.dumps({**ANSWER, "usage": usage, "model": 7}).encode())
    assert answer.text == '{"topic": "Science"}'
    assert (answer.usage, answer.served_model) == (Usage(), None)


@pytest.mark.parametrize("choices", [[], None, {}])
def test_fault_26_a_response_without_choices_is_asked_for_again(choices: object) -> None:
    with pytest.raises(Malformed, match="without a choice"):
        decode({**ANSWER, "choices": choices})


def test_fault_13_an_error_inside_a_200_is_an_error() -> None:
    with pytest.raises(Transient, match="openai: overloaded, try later"):
        decode({"error": {"message": "overloaded, try later", "type": "server_error"}})


def test_fault_22_a_prompt_refused_by_a_filter_is_an_answer() -> None:
    body = {"error": {"code": "content_filter", "message": "filtered"}}
    answer = OWN.decode(400, {}, json.dumps(body).encode())
    assert (answer.text, answer.finish, answer.usage) == ("openai: filtered (400)", "filter", Usage(0, 0))


def test_half_a_surrogate_pair_in_an_answer_does_not_lose_it() -> None:
    body = json.dumps(with_choice(message={"content": "a\ud83d"})).encode()
    assert OWN.decode(200, {}, body).text == "a\ufffd"


def test_log_probabilities_come_with_the_answer_where_they_were_asked_for() -> None:
    pairs = (('{"topic": "', -0.5), ("Science", -0.25), ('"}', -0.125))
    listed = [{"token": t, "logprob": p, "bytes": list(t.encode()), "top_logprobs": []} for t, p in pairs]
    choice = {"message": {"role": "assistant", "content": '{"topic": "Science"}'}, "index": 0, "finish_reason": "stop"}
    whole = {**ANSWER, "choices": [{**choice, "logprobs": {"content": listed, "refusal": None}}]}
    theirs = openai.types.chat.ChatCompletion.model_validate(whole).choices[0].logprobs
    assert theirs is not None
    assert theirs.content is not None
    found = OWN.decode(200, {"Content-Type": "application/json"}, json.dumps(whole).encode()).logprobs
    assert found == TokenLogprobs((11, 7, 2), tuple(token.logprob for token in theirs.content))
    assert OWN.decode(200, {}, json.dumps(ANSWER).encode()).logprobs is None
