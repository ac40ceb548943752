import json

import pytest
from google import genai
from google.genai import types
from pytest_httpserver import HTTPServer

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.google import Google
from topicsmith.llm.types import ChatRequest
from topicsmith.records import Usage

OWN = Google("https://generativelanguage.googleapis.com", "AIza-canary")
ANSWER = {
    "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
        {"text": "Other, I think", "thought": True}, {"text": '{"topic": "Science"}'}]}}],
    "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 12, "thoughtsTokenCount": 30,
                      "cachedContentTokenCount": 64, "totalTokenCount": 142},
    "modelVersion": "gemini-3.5-flash-001",
}  # fmt: skip


def test_the_official_client_sends_the_same_body_and_reads_the_same_answer(httpserver: HTTPServer) -> None:
    schema = {"type": "object", "properties": {"topic": {"type": "string", "enum": ["A", "B"]}}, "required": ["topic"]}
    httpserver.expect_request("/v1beta/models/gemini-3.5-flash:generateContent", method="POST").respond_with_json(
        ANSWER
    )
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=httpserver.url_for("/")))
    theirs = client.models.generate_content(
        model="gemini-3.5-flash",
        contents=[types.Content(role="user", parts=[types.Part(text="hello")])],
        config=types.GenerateContentConfig(
            system_instruction=types.Content(parts=[types.Part(text="You sort.")]),
            max_output_tokens=64 + 2048,
            seed=13,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL),
            response_mime_type="application/json",
            response_json_schema={**schema, "propertyOrdering": ["topic"]},
        ),
    )
    client.close()
    sent, _ = httpserver.log[0]
    request = OWN.encode(ChatRequest("gemini-3.5-flash", "You sort.", "hello", schema, 64, 0.0, 13))
    wire = sent.get_json()
    assert wire["generationConfig"].pop("thinkingConfig") == {
        "thinking_level": "MINIMAL"
    }  # the service takes both spellings
    body = json.loads(request.body)
    assert body["generationConfig"].pop("thinkingConfig") == {"thinkingLevel": "MINIMAL"}
    assert body == wire
    assert request.url.endswith("/v1beta/models/gemini-3.5-flash:generateContent")
    assert set(request.headers) & set(sent.headers.keys(lower=True)) >= {"x-goog-api-key"}
    ours = OWN.decode(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode())
    assert theirs.usage_metadata is not None
    assert ours.text == theirs.text
    assert ours.served_model == theirs.model_version
    # Thoughts are billed as output: 12 written and 30 thought.
    assert ours.usage == Usage(theirs.usage_metadata.prompt_token_count, 12 + 30, 64, 30)


@pytest.mark.parametrize(
    ("model", "thinking"),
    [("gemini-2.5-flash", {"thinkingBudget": 0}), ("gemini-2.5-flash-lite", {"thinkingBudget": 0}),
     ("gemini-2.5-pro", {"thinkingBudget": 128}), ("gemini-3-pro", {"thinkingLevel": "LOW"}),
     ("gemini-3.8-flash", {"thinkingLevel": "LOW"}), ("gemini-2.0-flash", None), ("gemma-4-27b", None)],
)  # fmt: skip
def test_each_generation_is_asked_to_think_as_little_as_it_allows(model: str, thinking: object) -> None:
    settings = json.loads(OWN.encode(ChatRequest(model, "s", "u")).body)["generationConfig"]
    assert settings.get("thinkingConfig") == thinking


@pytest.mark.parametrize("reason", [reason.name for reason in types.FinishReason])
def test_every_finish_reason_of_the_official_client_is_placed(reason: str) -> None:
    answer = OWN.decode(200, {}, json.dumps({"candidates": [{"finishReason": reason}]}).encode())
    expected = {"STOP": "stop", "MAX_TOKENS": "length"}
    filtered = {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"}
    assert answer.finish == expected.get(reason, "filter" if reason in filtered else "other")


def test_fault_22_a_blocked_prompt_is_an_answer_and_no_candidates_is_not() -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
    answer = OWN.decode(200, {}, json.dumps(blocked).encode())
    assert (answer.finish, answer.usage.input_tokens) == ("filter", 9)
    with pytest.raises(Malformed, match="without a candidate"):
        OWN.decode(200, {}, b"{}")


def test_a_tuned_model_has_its_own_path_and_nothing_leaves_it() -> None:
    url = OWN.encode(ChatRequest("tunedModels/mine-1", "s", "u")).url
    assert url.endswith("/v1beta/tunedModels/mine-1:generateContent")
    assert "?" not in OWN.encode(ChatRequest("a?b#c", "s", "u")).url


def test_log_probabilities_come_with_the_answer_and_those_of_thoughts_do_not() -> None:
    pairs = (("Other, I think", -1.0), ('{"topic": "', -0.5), ("Science", -0.25), ('"}', -0.125))
    chosen = [{"token": token, "tokenId": 7, "logProbability": logprob} for token, logprob in pairs]
    whole = {**ANSWER, "candidates": [{**ANSWER["candidates"][0], "logprobsResult": {"chosenCandidates": chosen}}]}  # type: ignore[index]
    theirs = types.GenerateContentResponse.model_validate(whole).candidates[0].logprobs_result  # type: ignore[index]
    assert theirs is not None
    assert theirs.chosen_candidates is not None
    found = OWN.decode(200, {"content-type": "application/json"}, json.dumps(whole).encode()).logprobs
    assert found is not None
    assert found.lengths == (11, 7, 2)
    assert list(found.logprobs) == [each.log_probability for each in theirs.chosen_candidates[1:]]
    assert OWN.decode(200, {}, json.dumps(ANSWER).encode()).logprobs is None
