"""The providers' wire formats, seen from the server: reading what was asked, writing what a model answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

OPENAI = "openai"
ANTHROPIC = "anthropic"
GOOGLE = "google"

_GOOGLE_PATH = re.compile(r"/(?:v1|v1beta)/models/([^:/]+):generateContent")
_FINISH = {
    OPENAI: {"stop": "stop", "length": "length", "filter": "content_filter", "refusal": "stop"},
    ANTHROPIC: {"stop": "end_turn", "length": "max_tokens", "filter": "refusal", "refusal": "refusal"},
    GOOGLE: {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY", "refusal": "PROHIBITED_CONTENT"},
}


@dataclass(frozen=True)
class AskedQuestion:
    """What a client asked: the texts, the whole body, and the headers (names in lower case)."""

    wire: str
    model: str
    system: str
    user: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the model says; token counts are a quarter of the characters unless given.

    ``tokens`` are the texts that its tokens write, or their bytes, with their log-probabilities; they are given to
    whoever asks for them.
    """

    text: str
    finish: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str | None = None
    tokens: Sequence[tuple[str | bytes, float]] = ()


def wire_of(path: str) -> str | None:
    """Which provider's chat a path belongs to."""
    plain = path.partition("?")[0]
    if plain.endswith("/chat/completions"):
        return OPENAI
    if plain.endswith("/messages"):
        return ANTHROPIC
    return GOOGLE if _GOOGLE_PATH.search(plain) else None


def read_question(wire: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> AskedQuestion:
    """The question in a request of ``wire``."""
    if wire == GOOGLE:
        found = _GOOGLE_PATH.search(path)
        model = found.group(1) if found else str(body.get("model", ""))
        instruction = body.get("systemInstruction") or body.get("system_instruction") or {}
        system = _text(instruction.get("parts", []))
        user = "\n".join(_text(turn.get("parts", [])) for turn in body.get("contents", []))
        return AskedQuestion(wire, model, system, user, body, headers)
    messages = body.get("messages", [])
    system = _text(body.get("system", "")) if wire == ANTHROPIC else ""
    system += "\n".join(_text(m["content"]) for m in messages if m["role"] in {"system", "developer"})
    user = "\n".join(_text(m["content"]) for m in messages if m["role"] == "user")
    return AskedQuestion(wire, str(body.get("model", "")), system, user, body, headers)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def write_reply(question: AskedQuestion, reply: Reply, number: int) -> dict[str, Any]:
    """The response body of ``question``'s provider."""
    asked = len(question.system + question.user) // 4 if reply.input_tokens is None else reply.input_tokens
    said = len(reply.text) // 4 + 1 if reply.output_tokens is None else reply.output_tokens
    model = reply.model or question.model
    finish = _FINISH[question.wire][reply.finish]
    if question.wire == ANTHROPIC:
        return {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": reply.text}] if reply.text else [],
            "stop_reason": finish,
            "stop_sequence": None,
            "usage": {"input_tokens": asked, "output_tokens": said},
        }
    if question.wire == GOOGLE:
        content = {"role": "model", "parts": [{"text": reply.text}]}
        candidate = {"index": 0, "finishReason": finish, "content": content, **_gemini_logprobs(question, reply)}
        return {
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": asked,
                "candidatesTokenCount": said,
                "totalTokenCount": asked + said,
            },
            "modelVersion": model,
            "responseId": f"resp-{number}",
        }
    refusal = reply.text if reply.finish == "refusal" else None
    message = {"role": "assistant", "content": None if refusal else reply.text, "refusal": refusal}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": model,
        "choices": [
            {"index": 0, "message": message, "finish_reason": finish, "logprobs": _chat_logprobs(question, reply)}
        ],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


def _chat_logprobs(question: AskedQuestion, reply: Reply) -> dict[str, Any] | None:
    if not question.body.get("logprobs") or not reply.tokens:
        return None
    pairs = [(token.encode() if isinstance(token, str) else token, logprob) for token, logprob in reply.tokens]
    content = [
        {"token": data.decode("utf-8", "backslashreplace"), "logprob": logprob, "bytes": list(data), "top_logprobs": []}
        for data, logprob in pairs
    ]
    return {"content": content, "refusal": None}


def _gemini_logprobs(question: AskedQuestion, reply: Reply) -> dict[str, Any]:
    if not question.body.get("generationConfig", {}).get("responseLogprobs") or not reply.tokens:
        return {}
    chosen = [
        {"token": token.decode("utf-8", "replace") if isinstance(token, bytes) else token, "logProbability": logprob}
        for token, logprob in reply.tokens
    ]
    return {"logprobsResult": {"chosenCandidates": chosen}}


def write_error(wire: str, status: int, message: str) -> bytes:
    """An error body as ``wire`` words it."""
    if wire == ANTHROPIC:
        kind = {429: "rate_limit_error", 529: "overloaded_error", 401: "authentication_error"}.get(status, "api_error")
        return orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})
    if wire == GOOGLE:
        state = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 400: "INVALID_ARGUMENT"}.get(status, "INTERNAL")
        return orjson.dumps({"error": {"code": status, "message": message, "status": state}})
    return orjson.dumps({"error": {"message": message, "type": "server_error", "param": None, "code": None}})
