"""Requests as a user shapes them: more headers and query, fields of the body added and left out.

For gateways that speak a known wire almost: Azure OpenAI wants its version in the query, reasoning deployments refuse a
temperature, others need a field of their own. Values may be secrets, so nothing here is printed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from topicsmith.llm.providers.responses import mapping, merged
from topicsmith.llm.types import Answer, ChatRequest, HttpRequest, Provider
from topicsmith.service_settings import ServiceSettings

UNLIMITED_TOKENS = 131_072
"""What an answer may take where the request names no cap: more than any model writes."""

_CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "generationConfig.maxOutputTokens")


@dataclass(frozen=True, slots=True)
class Shape:
    """What to change in every request."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    add: Mapping[str, object] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Stands for what the changes may do to an answer, in its key in the ledger; empty where they do nothing."""
        if not self.add and not self.remove:
            return ""
        data = orjson.dumps([self.add, sorted(self.remove)], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(data, digest_size=8).hexdigest()

    def __bool__(self) -> bool:
        """Whether anything is changed."""
        return bool(self.headers or self.query or self.add or self.remove)


def body_digest(service: ServiceSettings | None) -> str:
    """What stands for the changes that a project file makes to the body, in the keys of answers.

    The model sent is among them where it is called by another name, which then stands in its place in those keys.
    """
    if service is None:
        return ""
    digest = Shape(add=service.body.add, remove=tuple(service.body.remove)).digest
    if service.model is None:
        return digest
    return hashlib.blake2b(orjson.dumps([digest, service.model]), digest_size=8).hexdigest()


class RenamedProvider:
    """A provider that is asked for one model, whatever the model in a request is called.

    So that one model at two places has two names: in the ledger, in what it costs, and in the labels.
    """

    def __init__(self, provider: Provider, model: str) -> None:
        """Ask ``provider`` for ``model``."""
        self._provider = provider
        self._model = model

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``, to the model that is asked."""
        return self._provider.encode(replace(request, model=self._model))

    def output_cap(self, request: ChatRequest) -> int:
        """The most output tokens that the model may write."""
        return self._provider.output_cap(replace(request, model=self._model))

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response, as the provider does.

        Raises:
            ProviderFailure: as the provider does.
        """
        return self._provider.decode(status, headers, body)


class ShapedProvider:
    """A provider whose requests are changed on their way out."""

    def __init__(self, provider: Provider, shape: Shape) -> None:
        """Change what ``provider`` encodes as ``shape`` says."""
        self._provider = provider
        self._shape = shape

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The changed HTTP request."""
        plain = self._provider.encode(request)
        given = {name.lower() for name in self._shape.headers}
        kept = {name: value for name, value in plain.headers.items() if name.lower() not in given}
        headers = {name: value for name, value in {**kept, **self._shape.headers}.items() if value}
        return HttpRequest(with_query(plain.url, self._shape.query), headers, orjson.dumps(self._body(plain.body)))

    def output_cap(self, request: ChatRequest) -> int:
        """The smallest cap that the changed body names."""
        body = self._body(self._provider.encode(request).body)
        caps = [value for path in _CAPS if isinstance(value := _at(body, path), int) and value > 0]
        return min(caps, default=UNLIMITED_TOKENS)

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response, as the provider does.

        Raises:
            ProviderFailure: as the provider does.
        """
        return self._provider.decode(status, headers, body)

    def _body(self, plain: bytes) -> dict[str, object]:
        body = merged(mapping(orjson.loads(plain)), self._shape.add)
        for path in self._shape.remove:
            body = _without(body, path)
        return body


def with_query(url: str, query: Mapping[str, str]) -> str:
    """``url`` with more in its query.

    >>> with_query("https://h/v1/chat/completions", {"api-version": "2026-01-01"})
    'https://h/v1/chat/completions?api-version=2026-01-01'
    """
    parts = urlsplit(url)
    found = [*parse_qsl(parts.query, keep_blank_values=True), *query.items()]
    return urlunsplit(parts._replace(query=urlencode(found)))


def _at(body: Mapping[str, object], path: str) -> object:
    first, dot, rest = path.partition(".")
    return _at(mapping(body.get(first)), rest) if dot else body.get(first)


def _without(body: Mapping[str, object], path: str) -> dict[str, object]:
    first, dot, rest = path.partition(".")
    if not dot:
        return {key: value for key, value in body.items() if key != first}
    inner = body.get(first)
    return {**body, first: _without(inner, rest)} if isinstance(inner, dict) else dict(body)
