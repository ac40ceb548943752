"""The batch interfaces of the providers that have one: half the price, an answer within a day."""

from collections.abc import Mapping

from topicsmith.errors import ProjectError
from topicsmith.llm.batches.anthropic import AnthropicBatches
from topicsmith.llm.batches.base import BatchInterface, Post
from topicsmith.llm.batches.google import GoogleBatches
from topicsmith.llm.batches.openai import OpenAIBatches
from topicsmith.llm.types import ChatRequest, Provider

__all__ = ["batches_of", "check_batches"]

_KINDS: Mapping[str, type[OpenAIBatches | AnthropicBatches | GoogleBatches]] = {
    "openai": OpenAIBatches,
    "anthropic": AnthropicBatches,
    "google": GoogleBatches,
}


def check_batches(provider: Provider) -> None:
    """Make sure that ``provider`` has a batch interface.

    Raises:
        ProjectError: when it has none.
    """
    if provider.name not in _KINDS:
        raise ProjectError(f"'mode: batch': '{provider.name}' has no batch interface; use 'mode: online'")


def batches_of(provider: Provider, model: str, send: Post) -> BatchInterface:
    """The batch interface of ``provider``.

    Raises:
        ProjectError: when it has none.
    """
    check_batches(provider)
    request = provider.encode(ChatRequest(model, "", ""))
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    return _KINDS[provider.name](request.url, headers, send)
