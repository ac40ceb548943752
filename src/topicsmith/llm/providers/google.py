"""Google's Gemini, by the Gemini API's ``generateContent``.

Reference: https://ai.google.dev/api/generate-content. Thoughts are counted apart from the answer and billed like it;
here they are part of ``output_tokens``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.counts import Counts
from topicsmith.llm.providers.logprobs import along, gemini_tokens
from topicsmith.llm.providers.responses import failure, items, mapping, merged, read_body, refused, text
from topicsmith.llm.spotlighting import clean
from topicsmith.llm.thinking import output_cap, thinking
from topicsmith.llm.types import Answer, ChatRequest, FinishReason, HttpRequest
from topicsmith.records import Usage

_FINISH: Mapping[str, FinishReason] = {
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "filter", "RECITATION": "filter", "BLOCKLIST": "filter",
    "PROHIBITED_CONTENT": "filter", "SPII": "filter", "LANGUAGE": "filter",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Google:
    """``generateContent`` at ``address``."""

    address: str
    key: str = field(repr=False)
    name: str = "google"

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``."""
        known = thinking(self.name, request.model)
        settings: dict[str, object] = {"maxOutputTokens": self.output_cap(request)}
        if request.temperature is not None and known.temperature:
            settings["temperature"] = request.temperature
        if request.seed is not None:
            settings["seed"] = request.seed
        if request.schema is not None:
            order = list(mapping(request.schema.get("properties")))
            settings["responseMimeType"] = "application/json"
            settings["responseJsonSchema"] = {**request.schema, "propertyOrdering": order}
        body = {
            "systemInstruction": {"parts": [{"text": clean(request.system)}]},
            "contents": [{"role": "user", "parts": [{"text": clean(request.user)}]}],
            "generationConfig": merged(settings, known.least),
        }
        path = request.model if request.model.startswith(("models/", "tunedModels/")) else f"models/{request.model}"
        url = f"{self.address}/v1beta/{quote(path, safe='/')}:generateContent"
        return HttpRequest(url, {"Content-Type": "application/json", "x-goog-api-key": self.key}, orjson.dumps(body))

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
        served = text(value.get("modelVersion")) or None
        candidates = items(value.get("candidates"))
        if not candidates:
            if mapping(value.get("promptFeedback")).get("blockReason"):
                return Answer("", "filter", _usage(value), served)
            if value.get("error") is not None:
                raise failure(self.name, 200, headers, body)
            raise Malformed(f"{self.name}: a response without a candidate", status=200)
        candidate = mapping(candidates[0])
        parts = [mapping(part) for part in items(mapping(candidate.get("content")).get("parts"))]
        written = "".join(text(part.get("text")) for part in parts if part.get("thought") is not True)
        finish = _FINISH.get(text(candidate.get("finishReason")), "other")
        return Answer(written, finish, _usage(value), served, along(written, gemini_tokens(candidate)))


def _usage(value: Mapping[str, object]) -> Usage:
    counts = Counts(value.get("usageMetadata"), "totalTokenCount")
    return Usage(
        *counts.input_and_output("promptTokenCount", ("candidatesTokenCount", "thoughtsTokenCount")),
        cached_tokens=counts.get("cachedContentTokenCount"),
        reasoning_tokens=counts.get("thoughtsTokenCount"),
    )
