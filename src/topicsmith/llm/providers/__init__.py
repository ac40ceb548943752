"""The wire formats of model providers, one file each, and the function that picks one by its name."""

import re
from collections.abc import Mapping
from datetime import date

from topicsmith.errors import CredentialsError, ProjectError
from topicsmith.llm.deprecations import model_status
from topicsmith.llm.providers.anthropic import Anthropic
from topicsmith.llm.providers.google import Google
from topicsmith.llm.providers.openai import ChatCompletions
from topicsmith.llm.providers.together import together
from topicsmith.llm.thinking import thinking
from topicsmith.llm.types import OWN_SERVERS, Provider

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


def provider(name: str, model: str, environ: Mapping[str, str], on: date | None = None) -> Provider:
    """The provider called ``name``, ready to ask ``model``; the key and the address come from ``environ`` only.

    ``on`` is the day for which the dated table of models is asked whether ``model`` still answers, today when left out;
    it is not asked where ``environ`` gives an address of its own.

    Raises:
        ProjectError: an unknown provider, a model's name that cannot be one, or a model that was shut down.
        CredentialsError: no key in ``environ`` where one is needed.
    """
    if name not in NAMES:
        raise ProjectError(f"no provider '{name}': use one of {', '.join(NAMES)}, as in openai:gpt-6-luna")
    if not _MODEL.fullmatch(model) or ".." in model:
        raise ProjectError(f"'{name}:{model}': the part after the colon is not a model name")
    variable, usual = _ADDRESSES[name]
    address = environ.get(variable, "").strip().rstrip("/") or usual
    if address is None:
        raise ProjectError(f"'{name}:{model}' needs an address: set {variable}, for example http://127.0.0.1:8080/v1")
    key = next((environ[each].strip() for each in _KEYS[name] if environ.get(each, "").strip()), None)
    if key is None and name not in OWN_SERVERS:
        raise CredentialsError(f"'{name}:{model}' needs a key: set {' or '.join(_KEYS[name])}")
    if key is not None and not (key.isascii() and key.isprintable()):
        raise CredentialsError(f"'{name}:{model}': the key in {_KEYS[name][0]} contains characters that no key has")
    if address == usual:
        _refuse_retired(name, model, on)
    return _made(name, address, key)


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
