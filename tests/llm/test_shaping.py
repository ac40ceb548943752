"""Requests to gateways, each as its documentation wants them."""

import json
from collections.abc import Mapping

import pytest

from topicsmith.errors import CredentialsError
from topicsmith.llm.providers import provider
from topicsmith.llm.shaping import UNLIMITED_TOKENS, RenamedProvider, Shape, ShapedProvider, body_digest, with_query
from topicsmith.llm.types import ChatRequest, HttpRequest
from topicsmith.service_settings import BodyChanges, ServiceSettings

REQUEST = ChatRequest("m", "Sort.", "hello", {"type": "object"}, 64, 0.0, 13)
ENVIRON = {"KEY": "k-1", "OPENAI_API_KEY": "own"}


def sent(name: str, model: str, service: ServiceSettings) -> HttpRequest:
    request = ChatRequest(model, REQUEST.system, REQUEST.user, REQUEST.schema, 64, 0.0, 13)
    return provider(name, model, ENVIRON, service=service).encode(request)


GATEWAYS: Mapping[str, tuple[str, ServiceSettings, str, Mapping[str, str]]] = {
    # learn.microsoft.com, Azure OpenAI: api-key, the version in the query, reasoning deployments take no temperature
    "azure": (
        "my-deployment",
        ServiceSettings(
            base_url="https://acme.openai.azure.com/openai/deployments/my-deployment?api-version=2024-10-21",
            headers={"api-key": "env:KEY"},
            body=BodyChanges(add={"max_completion_tokens": 2048}, remove=["temperature", "max_tokens", "model"]),
        ),
        "https://acme.openai.azure.com/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
        {"api-key": "k-1"},
    ),
    # openrouter.ai/docs: headers that name the application, routing by the body
    "openrouter": (
        "deepseek/deepseek-chat-v3",
        ServiceSettings(
            base_url="https://openrouter.ai/api/v1",
            key="env:KEY",
            headers={"HTTP-Referer": "https://acme.example", "X-Title": "acme"},
            body=BodyChanges(add={"provider": {"data_collection": "deny"}, "reasoning": {"effort": "low"}}),
        ),
        "https://openrouter.ai/api/v1/chat/completions",
        {"Authorization": "Bearer k-1", "X-Title": "acme"},
    ),
    # console.groq.com/docs/api-reference
    "groq": (
        "openai/gpt-oss-20b",
        ServiceSettings(
            base_url="https://api.groq.com/openai/v1", key="env:KEY", body=BodyChanges(add={"reasoning_effort": "low"})
        ),
        "https://api.groq.com/openai/v1/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
    # api-docs.deepseek.com: JSON objects, no schemas
    "deepseek": (
        "deepseek-chat",
        ServiceSettings(
            base_url="https://api.deepseek.com",
            key="env:KEY",
            body=BodyChanges(add={"response_format": {"type": "json_object"}}, remove=["response_format.json_schema"]),
        ),
        "https://api.deepseek.com/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
    # docs.mistral.ai/api: random_seed in the place of seed
    "mistral": (
        "mistral-small-latest",
        ServiceSettings(
            base_url="https://api.mistral.ai/v1",
            key="env:KEY",
            body=BodyChanges(add={"random_seed": 13}, remove=["seed"]),
        ),
        "https://api.mistral.ai/v1/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
    # platform.moonshot.ai/docs: some models take no temperature but 1
    "kimi": (
        "kimi-k2.5",
        ServiceSettings(
            base_url="https://api.moonshot.ai/v1", key="env:KEY", body=BodyChanges(remove=["temperature", "seed"])
        ),
        "https://api.moonshot.ai/v1/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
    # docs.fireworks.ai
    "fireworks": (
        "accounts/fireworks/models/qwen3-8b",
        ServiceSettings(base_url="https://api.fireworks.ai/inference/v1", key="env:KEY"),
        "https://api.fireworks.ai/inference/v1/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
    # docs.aws.amazon.com/bedrock: its OpenAI-compatible door takes a Bedrock key
    "bedrock": (
        "openai.gpt-oss-20b-1:0",
        ServiceSettings(base_url="https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", key="env:KEY"),
        "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions",
        {"Authorization": "Bearer k-1"},
    ),
}


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_gets_what_its_documentation_asks_for(name: str) -> None:
    model, service, url, headers = GATEWAYS[name]
    request = sent("compatible", model, service)
    assert request.url == url
    assert dict(headers).items() <= dict(request.headers).items()
    body = json.loads(request.body)
    for field in service.body.remove:
        assert field.rpartition(".")[2] not in (body if "." not in field else body[field.partition(".")[0]])
    for field, value in service.body.add.items():
        assert body[field] == value or value.items() <= body[field].items()
    assert body["messages"][1]["content"]
    assert "k-1" not in repr(request)


def test_a_vllm_server_whose_tokenizer_knows_no_template_fields() -> None:
    """Mistral's tokenizers refuse ``chat_template_kwargs``."""
    body = json.loads(sent("vllm", "m", ServiceSettings(body=BodyChanges(remove=["chat_template_kwargs"]))).body)
    assert "chat_template_kwargs" not in body


def test_two_gateways_in_one_project_have_their_own_addresses_and_keys() -> None:
    first = sent("compatible", "a", ServiceSettings(base_url="http://127.0.0.1:1/v1", key="env:KEY"))
    second = sent("compatible", "b", ServiceSettings(base_url="http://127.0.0.1:2/v1"))
    assert (first.url, second.url) == (
        "http://127.0.0.1:1/v1/chat/completions", "http://127.0.0.1:2/v1/chat/completions",
    )  # fmt: skip
    assert "Authorization" not in second.headers


def test_a_header_that_says_the_key_replaces_the_providers_own() -> None:
    request = sent("openai", "gpt-6-luna", ServiceSettings(headers={"Authorization": "Bearer env:KEY"}))
    assert request.headers["Authorization"] == "Bearer k-1"


def test_a_secret_that_is_not_set_is_named() -> None:
    with pytest.raises(CredentialsError, match="'compatible:m' needs NOWHERE for 'X-Key': set it"):
        sent("compatible", "m", ServiceSettings(base_url="http://127.0.0.1:1", headers={"X-Key": "env:NOWHERE"}))
    with pytest.raises(CredentialsError, match="'compatible:m' needs a key: set NOWHERE"):
        sent("compatible", "m", ServiceSettings(base_url="http://127.0.0.1:1", key="env:NOWHERE"))


def test_the_query_of_an_address_stands_behind_the_path() -> None:
    """llm_k13: it was glued into the path, and every call got 404."""
    environ = {"TOPICSMITH_BASE_URL": "https://acme.example/v1/?api-version=1&x="}
    url = provider("compatible", "m", environ).encode(REQUEST).url
    assert url == "https://acme.example/v1/chat/completions?api-version=1&x="
    assert with_query("https://h/p?a=1", {"b": "2 3"}) == "https://h/p?a=1&b=2+3"


@pytest.mark.parametrize(
    ("changes", "cap"),
    [
        (BodyChanges(), 64),
        (BodyChanges(add={"max_tokens": 500}), 500),
        (BodyChanges(add={"max_completion_tokens": 4000}, remove=["max_tokens"]), 4000),
        (BodyChanges(remove=["max_tokens"]), UNLIMITED_TOKENS),
    ],
)
def test_what_an_answer_may_take_follows_the_changed_request(changes: BodyChanges, cap: int) -> None:
    service = ServiceSettings(base_url="http://127.0.0.1:1", body=changes)
    made = provider("compatible", "m", {}, service=service)
    assert made.output_cap(REQUEST) == cap


def test_only_what_may_change_an_answer_is_in_its_key() -> None:
    assert Shape({"a": "b"}, {"c": "d"}).digest == ""
    assert Shape(add={"x": 1}).digest != Shape(add={"x": 2}).digest
    assert Shape(remove=("a", "b")).digest == Shape(remove=("b", "a")).digest
    assert not Shape()


def test_a_response_is_read_as_the_provider_reads_it() -> None:
    plain = provider("compatible", "m", {"TOPICSMITH_BASE_URL": "http://127.0.0.1:1"})
    shaped = ShapedProvider(plain, Shape({"X-A": "b"}))
    body = b'{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}'
    assert shaped.decode(200, {}, body) == plain.decode(200, {}, body)
    assert shaped.name == "compatible"


def test_a_model_of_another_name_is_sent_by_its_own() -> None:
    service = ServiceSettings(model="google:gemini-2.5-flash", base_url="https://gateway.example")
    made = provider("google", "flash-east", {"GOOGLE_API_KEY": "k"}, service=service)
    plain = provider(
        "google", "gemini-2.5-flash", {"GOOGLE_API_KEY": "k", "GOOGLE_GEMINI_BASE_URL": "https://gateway.example"}
    )
    asked = ChatRequest("flash-east", REQUEST.system, REQUEST.user, REQUEST.schema, 64, 0.0, 13)
    own = ChatRequest("gemini-2.5-flash", REQUEST.system, REQUEST.user, REQUEST.schema, 64, 0.0, 13)
    assert isinstance(made, RenamedProvider)
    assert made.encode(asked) == plain.encode(own)
    assert made.encode(asked).url.endswith("/models/gemini-2.5-flash:generateContent")
    assert made.output_cap(asked) == plain.output_cap(own)
    assert made.name == "google"
    body = b'{"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]}'
    assert made.decode(200, {}, body) == plain.decode(200, {}, body)


def test_the_model_sent_is_in_the_key_where_it_has_another_name_and_only_there() -> None:
    changed = BodyChanges(add={"x": 1})
    assert body_digest(ServiceSettings(base_url="https://a.example")) == ""
    assert body_digest(ServiceSettings(body=changed)) == Shape(add={"x": 1}).digest
    named = {
        body_digest(ServiceSettings(model=f"compatible:{m}", body=b)) for m in "ab" for b in (BodyChanges(), changed)
    }
    assert len(named) == 4
    assert "" not in named
