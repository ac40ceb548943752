"""Google's Gemini, by the Gemini API's ``generateContent``.

Reference: https://ai.google.dev/api/generate-content. Thoughts are counted apart from the answer and billed like it;
here they are part of ``output_tokens``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.responses import count, failure, items, mapping, read_body, text, total
from topicsmith.llm.spotlighting import clean
from topicsmith.llm.types import Answer, ChatRequest, FinishReason, HttpRequest
from topicsmith.records import Usage

_FINISH: Mapping[str, FinishReason] = {
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "filter", "RECITATION": "filter", "BLOCKLIST": "filter",
    "PROHIBITED_CONTENT": "filter", "SPII": "filter", "LANGUAGE": "filter",
}  # fmt: skip
_THINKING_ROOM = 2048


@dataclass(frozen=True, slots=True)
class Google:
    """``generateContent`` at ``address``."""

    address: str
    key: str = field(repr=False)
    name: str = "google"

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``."""
        thinking, room = _thinking(request.model)
        settings: dict[str, object] = {"maxOutputTokens": request.max_output_tokens + room}
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        if request.seed is not None:
            settings["seed"] = request.seed
        if thinking is not None:
            settings["thinkingConfig"] = thinking
        if request.schema is not None:
            order = list(mapping(request.schema.get("properties")))
            settings["responseMimeType"] = "application/json"
            settings["responseJsonSchema"] = {**request.schema, "propertyOrdering": order}
        body = {
            "systemInstruction": {"parts": [{"text": clean(request.system)}]},
            "contents": [{"role": "user", "parts": [{"text": clean(request.user)}]}],
            "generationConfig": settings,
        }
        path = request.model if request.model.startswith(("models/", "tunedModels/")) else f"models/{request.model}"
        url = f"{self.address}/v1beta/{quote(path, safe='/')}:generateContent"
        return HttpRequest(url, {"Content-Type": "application/json", "x-goog-api-key": self.key}, orjson.dumps(body))

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response.

        Raises:
            ProviderFailure: of the kind that says what it means for the row and the run.
        """
        headers = {name.lower(): value for name, value in headers.items()}
        if status != 200:
            raise failure(self.name, status, headers, body)
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
        return Answer(written, _FINISH.get(text(candidate.get("finishReason")), "other"), _usage(value), served)


def thinking_room(model: str) -> int:
    """The tokens that the thoughts of ``model`` may take beside the answer."""
    return _thinking(model)[1]


def _thinking(model: str) -> tuple[dict[str, object] | None, int]:
    """The least thinking a model allows, and the room its thoughts may take beside the answer.

    2.5 takes a budget in tokens, which Pro cannot set below 128; 3 takes a level instead, and refuses both at once.
    """
    found = re.search(r"gemini-(\d+)(?:\.(\d+))?-?(pro)?", model)
    if found is None:
        return None, _THINKING_ROOM
    generation = (int(found.group(1)), int(found.group(2) or 0))
    if generation < (2, 5):
        return None, 0
    if generation == (2, 5):
        return ({"thinkingBudget": 128}, 256) if found.group(3) else ({"thinkingBudget": 0}, 0)
    return {"thinkingLevel": "LOW"}, _THINKING_ROOM


def _usage(value: Mapping[str, object]) -> Usage:
    usage = mapping(value.get("usageMetadata"))
    thoughts = count(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(usage.get("promptTokenCount")),
        output_tokens=total(count(usage.get("candidatesTokenCount")), thoughts),
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )
