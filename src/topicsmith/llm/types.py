"""What travels between us and a model, whatever the provider: the records that providers map to and from HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from topicsmith.records import Usage

FinishReason = Literal["stop", "length", "refusal", "filter", "other"]


OWN_SERVERS = frozenset({"vllm", "ollama", "compatible"})
"""Providers that are servers of one's own: they need no key, and no table knows what they cost."""

PAID_SERVICES = frozenset({"openai", "anthropic", "google", "together"})
"""Providers that are paid by the token."""


def provider_of(model: str) -> str:
    """The provider that a model's name begins with.

    >>> provider_of("openai:gpt-6-luna"), provider_of("minilm")
    ('openai', '')
    """
    provider, colon, _ = model.partition(":")
    return provider if colon else ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a model.

    ``schema`` is a JSON Schema the answer must meet, where the provider can enforce one; ``seed`` and ``temperature``
    are left out of the body when ``None``. ``max_output_tokens`` is the room for the answer; ``thinking_tokens`` comes
    on top for thoughts, as many as the model is known to need when ``None``. ``shape`` stands for changes to the body
    (:mod:`topicsmith.llm.shaping`).
    """

    model: str
    system: str
    user: str
    schema: Mapping[str, object] | None = None
    max_output_tokens: int = 256
    temperature: float | None = 0.0
    seed: int | None = None
    thinking_tokens: int | None = None
    shape: str = ""


_OPEN_HEADERS = frozenset({"content-type", "anthropic-version", "idempotency-key", "user-agent"})
_SHORTEST_KEY = 6


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request ready to be sent; ``headers`` hold the key and must never be logged or stored."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a message must never show: the values of headers that may hold a key, with and without ``Bearer``."""
        values = [value for name, value in self.headers.items() if name.lower() not in _OPEN_HEADERS]
        found = [part for value in values for part in (value, value.partition(" ")[2]) if len(part) >= _SHORTEST_KEY]
        return tuple(sorted(found, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """How probable each token of a text was to its model.

    ``lengths`` are how many bytes of the text's UTF-8 the tokens write, in order; together they are the whole text.
    ``logprobs`` are the natural logarithms of their probabilities. Tokens of which the service does not say what each
    of them writes, such as the parts of a character, stand together as one, with the sum of theirs.
    """

    lengths: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``text`` is raw, as the model wrote it; ``logprobs`` are those of its tokens, if asked for."""

    text: str
    finish: FinishReason
    usage: Usage
    served_model: str | None
    logprobs: TokenLogprobs | None = None


class Provider(Protocol):
    """The wire format of one provider, used alike online and in batch files. Pure: no network here."""

    @property
    def name(self) -> str:
        """The provider's name, as in ``name:model``."""

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``."""

    def output_cap(self, request: ChatRequest) -> int:
        """The most output tokens that ``request`` lets the model write, and its account be billed for."""

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response.

        Raises:
            UpstreamError: of a kind that says whether trying again can help.
        """
