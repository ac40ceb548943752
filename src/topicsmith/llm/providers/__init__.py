"""The wire formats of model providers, one file each, and the function that picks one by its name."""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl

from topicsmith.errors import CredentialsError, ProjectError
from topicsmith.llm.deprecations import model_status
from topicsmith.llm.http import KEY_HEADERS
from topicsmith.llm.providers.anthropic import Anthropic
from topicsmith.llm.providers.google import Google
from topicsmith.llm.providers.openai import ChatCompletions
from topicsmith.llm.providers.together import together
from topicsmith.llm.shaping import RenamedProvider, Shape, ShapedProvider
from topicsmith.llm.thinking import thinking
from topicsmith.llm.types import OWN_SERVERS, Provider
from topicsmith.service_settings import SECRET, ServiceSettings

__all__ = ["NAMES", "provider", "thinking_room"]

NAMES = ("openai", "anthropic", "google", "together", "vllm", "ollama", "compatible")

_KEYS: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "together": ("TOGETHER_API_KEY",),
    "vllm": ("VLLM_API_KEY",),
    "ollama": ("OLLAMA_API_KEY",),
    "compatible": ("TOPICSMITH_API_KEY",),
}
_ADDRESSES: Mapping[str, tuple[str, str | None]] = {
    "openai": ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "anthropic": ("ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "google": ("GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com"),
    "together": ("TOGETHER_BASE_URL", "https://api.together.ai/v1"),
    "vllm": ("VLLM_BASE_URL", "http://127.0.0.1:8000/v1"),
    "ollama": ("OLLAMA_BASE_URL", "http://127.0.0.1:11434/v1"),
    "compatible": ("TOPICSMITH_BASE_URL", None),
}
_MODEL = re.compile(r"[\w.@:/+-]{1,200}")


def provider(
    name: str,
    model: str,
    environ: Mapping[str, str],
    on: date | None = None,
    service: ServiceSettings | None = None,
) -> Provider:
    """The provider called ``name``, ready to ask ``model``; keys come from ``environ`` only.

    Where ``service`` names the model to ask, requests go to that one, and ``model`` is but what it is called here. The
    address comes from there too unless ``service`` gives one. ``on`` is the day for which the dated table of models
    is asked whether ``model`` still answers, today when left out; it is not asked at an address of one's own.

    Raises:
        ProjectError: an unknown provider, a model's name that cannot be one, or a model that was shut down.
        CredentialsError: no key in ``environ`` where one is needed.
    """
    if name not in NAMES:
        raise ProjectError(f"no provider '{name}': use one of {', '.join(NAMES)}, as in openai:gpt-6-luna")
    service = service or ServiceSettings()
    asked = service.asked(f"{name}:{model}").partition(":")[2]
    for each in (model, asked):
        if not _MODEL.fullmatch(each) or ".." in each:
            raise ProjectError(f"'{name}:{each}': the part after the colon is not a model name")
    variable, usual = _ADDRESSES[name]
    given = service.base_url or environ.get(variable, "").strip() or usual
    if given is None:
        raise ProjectError(
            f"'{name}:{model}' needs an address: set {variable} or 'base_url', for example http://127.0.0.1:8080/v1"
        )
    address, _, query = given.partition("?")
    address = address.rstrip("/").removesuffix("/chat/completions")  # the whole path, as some consoles show it
    shape = _shape(name, model, environ, service, query)
    key = None
    if not KEY_HEADERS.intersection(header.lower() for header in shape.headers):
        key = _key(name, model, environ, service)
    if given == usual:
        _refuse_retired(name, asked, on)
    made = _made(name, address.rstrip("/"), key)
    made = ShapedProvider(made, shape) if shape else made
    return made if asked == model else RenamedProvider(made, asked)


def _key(name: str, model: str, environ: Mapping[str, str], service: ServiceSettings) -> str | None:
    variables = _KEYS[name] if service.key is None else (service.key.removeprefix("env:"),)
    key = next((environ[each].strip() for each in variables if environ.get(each, "").strip()), None)
    if key is None and (name not in OWN_SERVERS or service.key is not None):
        raise CredentialsError(f"'{name}:{model}' needs a key: set {' or '.join(variables)}")
    if key is not None and not (key.isascii() and key.isprintable()):
        raise CredentialsError(f"'{name}:{model}': the key in {variables[0]} contains characters that no key has")
    return key


def _shape(name: str, model: str, environ: Mapping[str, str], service: ServiceSettings, query: str) -> Shape:
    """What the project file and the query of an address change in every request, with secrets put in."""

    def with_secrets(values: Mapping[str, str]) -> dict[str, str]:
        found = {}
        for key, value in values.items():
            secret = SECRET.fullmatch(value)
            held = "" if secret is None else environ.get(secret[2], "").strip()
            if secret is not None and not held:
                raise CredentialsError(f"'{name}:{model}' needs {secret[2]} for '{key}': set it")
            found[key] = value if secret is None else (secret[1] or "") + held
        return found

    asked = {**dict(parse_qsl(query, keep_blank_values=True)), **with_secrets(service.query)}
    return Shape(with_secrets(service.headers), asked, service.body.add, tuple(service.body.remove))


def thinking_room(model_ref: str) -> int:
    """The tokens that the thoughts of ``provider:model`` may take beside every answer, though it is asked for few."""
    name, _, model = model_ref.partition(":")
    return thinking(name if name in {"openai", "anthropic", "google"} else "open", model).room


def _refuse_retired(name: str, model: str, on: date | None) -> None:
    found = model_status(f"{name}:{model}", on)
    if found.retired:
        raise ProjectError(found.message)


def _made(name: str, address: str, key: str | None) -> Provider:
    if name == "anthropic":
        return Anthropic(address, key or "")
    if name == "google":
        return Google(address, key or "")
    if name == "together":
        return together(address, key or "")
    return ChatCompletions(name, address, key, own_service=name == "openai", no_thinking_template=name == "vllm")
