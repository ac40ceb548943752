from datetime import date

import pytest

from topicsmith.errors import CredentialsError, ProjectError
from topicsmith.llm.providers import NAMES, provider, thinking_room
from topicsmith.llm.types import ChatRequest

TODAY = date(2026, 11, 23)
KEYS = {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b", "GEMINI_API_KEY": "c", "TOGETHER_API_KEY": "d"}


@pytest.mark.parametrize(
    ("name", "model", "url"),
    [
        ("openai", "gpt-6-luna", "https://api.openai.com/v1/chat/completions"),
        ("anthropic", "claude-sonnet-5-5", "https://api.anthropic.com/v1/messages"),
        ("google", "gemini-3.5-flash",
         "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash:generateContent"),
        ("together", "zai-org/GLM-4.5-Air-FP8", "https://api.together.ai/v1/chat/completions"),
        ("vllm", "Qwen/Qwen3-4B", "http://127.0.0.1:8000/v1/chat/completions"),
        ("ollama", "qwen3:4b", "http://127.0.0.1:11434/v1/chat/completions"),
    ],
)  # fmt: skip
def test_each_provider_has_its_address(name: str, model: str, url: str) -> None:
    found = provider(name, model, KEYS, TODAY)
    assert (found.name, found.encode(ChatRequest(model, "s", "u")).url) == (name, url)


def test_an_address_from_the_environment_wins() -> None:
    found = provider("compatible", "m", {"TOPICSMITH_BASE_URL": "http://127.0.0.1:8080/v1/"})
    assert found.encode(ChatRequest("m", "s", "u")).url == "http://127.0.0.1:8080/v1/chat/completions"


@pytest.mark.parametrize(
    ("name", "model", "environ", "error", "message"),
    [
        ("opena", "x", KEYS, ProjectError, "no provider 'opena': use one of openai, anthropic, google, together, vllm"),
        ("openai", "gpt-6-luna", {}, CredentialsError, "'openai:gpt-6-luna' needs a key: set OPENAI_API_KEY"),
        ("google", "g", {"GOOGLE_API_KEY": " "}, CredentialsError, "set GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("openai", "gpt-6-luna", {"OPENAI_API_KEY": "a\nb"}, CredentialsError, "contains characters that no key has"),
        ("compatible", "m", {}, ProjectError, "'compatible:m' needs an address: set TOPICSMITH_BASE_URL"),
        ("openai", "a b", KEYS, ProjectError, "is not a model name"),
        ("google", "../x", KEYS, ProjectError, "is not a model name"),
        ("openai", "gpt-4.1-nano", KEYS, ProjectError, "was shut down on 2026-10-23; use gpt-6-luna"),
    ],
)  # fmt: skip
def test_fault_20_bad_settings_are_refused_in_one_line_before_any_call(
    name: str, model: str, environ: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        provider(name, model, environ, TODAY)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_gateway_may_still_serve_what_its_maker_shut_down() -> None:
    environ = {**KEYS, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    assert provider("openai", "gpt-4.1-nano", environ, TODAY).name == "openai"


def test_every_name_can_be_made() -> None:
    environ = {**KEYS, "TOPICSMITH_BASE_URL": "http://127.0.0.1:8080"}
    assert [provider(name, "m", environ).name for name in NAMES] == list(NAMES)


@pytest.mark.parametrize(
    ("ref", "room"),
    [("openai:gpt-6-luna", 2048), ("openai:gpt-4.1-nano", 0), ("anthropic:claude-sonnet-4-5", 0),
     ("anthropic:claude-3-5-haiku-latest", 0), ("anthropic:claude-sonnet-5-5", 1024), ("google:gemini-2.5-flash", 0),
     ("google:gemini-2.5-pro", 256), ("google:gemini-3.5-flash", 2048), ("together:gpt-6", 0), ("vllm:x", 0)],
)  # fmt: skip
def test_room_for_thoughts_where_a_model_may_have_some(ref: str, room: int) -> None:
    assert thinking_room(ref) == room
