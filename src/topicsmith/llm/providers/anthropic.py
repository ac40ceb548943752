"""Anthropic's messages.

Reference: https://platform.claude.com/docs/en/api/messages. The interface takes neither a seed nor, any longer, a
temperature; both are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.counts import Counts
from topicsmith.llm.providers.responses import failure, items, mapping, merged, read_body, refused, text
from topicsmith.llm.spotlighting import clean
from topicsmith.llm.thinking import output_cap, thinking
from topicsmith.llm.types import Answer, ChatRequest, FinishReason, HttpRequest
from topicsmith.records import Usage

_FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "model_context_window_exceeded": "length",
    "refusal": "refusal",
}  # fmt: skip
VERSION = "2026-10-21"
"""The version of the interface, as the official client 2.12 sends it."""


@dataclass(frozen=True, slots=True)
class Anthropic:
    """Messages at ``address``."""

    address: str
    key: str = field(repr=False)
    name: str = "anthropic"

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``."""
        body: dict[str, object] = {
            "model": request.model,
            "max_tokens": self.output_cap(request),
            "system": clean(request.system),
            "messages": [{"role": "user", "content": clean(request.user)}],
        }
        if request.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
        body = merged(body, thinking(self.name, request.model).least)
        headers = {"Content-Type": "application/json", "anthropic-version": VERSION, "x-api-key": self.key}
        return HttpRequest(f"{self.address}/v1/messages", headers, orjson.dumps(body))

    def output_cap(self, request: ChatRequest) -> int:
        """The most tokens that an answer and the thoughts before it may take."""
        return output_cap(request, thinking(self.name, request.model))

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response.

        Raises:
            ProviderFailure: of the kind that says what it means for the row and the run.
        """
        headers = {name.lower(): value for name, value in headers.items()}
        if status != 200:
            return refused(self.name, status, headers, body)
        value = read_body(self.name, headers, body)
        if value.get("type") == "error" or "content" not in value:
            if value.get("error") is not None:
                raise failure(self.name, 200, headers, body)
            raise Malformed(f"{self.name}: a response without content", status=200)
        blocks = [mapping(block) for block in items(value.get("content"))]
        written = "".join(text(block.get("text")) for block in blocks if block.get("type") == "text")
        finish = _FINISH.get(text(value.get("stop_reason")), "other")
        return Answer(written, finish, _usage(value), text(value.get("model")) or None)


def _usage(value: Mapping[str, object]) -> Usage:
    counts = Counts(value.get("usage"))
    read, output = counts.input_and_output("input_tokens", ("output_tokens",))
    cached, created = counts.get("cache_read_input_tokens"), counts.get("cache_creation_input_tokens")
    return Usage(
        input_tokens=None if read is None else read + (cached or 0) + (created or 0),
        output_tokens=output,
        cached_tokens=cached,
        reasoning_tokens=Counts(counts.of("output_tokens_details")).get("thinking_tokens"),
    )
