"""What ``/openapi.json`` says of the routes: the shapes of requests and answers."""

from typing import Any

_TEXT = {"type": "string", "examples": ["my card was charged twice"]}
_MESSAGE = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": {"type": "string"}, "content": {}},
    "additionalProperties": True,
}
_MESSAGES = {"type": "array", "items": _MESSAGE}
_ITEM = {"description": "A text, a list of messages, or a conversation as logs have it. One that cannot be read gets a "
         "status of its own."}  # fmt: skip
_MODEL = {"type": ["string", "null"], "description": "If given, the model that answers must have this id or name."}
_CLASSIFY = {
    "type": "object",
    "description": "One of 'text', 'texts' and 'messages'; or a whole conversation in a format that logs are read in.",
    "properties": {
        "text": _ITEM,
        "texts": {"type": "array", "items": _ITEM},
        "messages": _MESSAGES,
        "probabilities": {"type": ["boolean", "null"], "default": False},
        "threshold": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "timeout_s": {"type": ["number", "null"], "minimum": 0.001, "maximum": 3600},
        "model": _MODEL,
    },
}
_PREDICTION = {
    "type": "object",
    "required": ["topic", "subtopic", "confidence", "status"],
    "properties": {
        "topic": {"type": ["string", "null"]},
        "subtopic": {"type": ["string", "null"]},
        "confidence": {"type": ["number", "null"], "description": "Calibrated where the run could."},
        "status": {"enum": ["ok", "review", "empty", "unreadable", "failed"]},
        "problem": {"type": ["string", "null"]},
        "taxonomy": {"type": ["string", "null"], "description": "The version of the topics, where they may change."},
        "probabilities": {"type": ["object", "null"], "additionalProperties": {"type": "number"}},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["model", "taxonomy", "predictions"],
    "properties": {
        "model": {"type": "string"},
        "taxonomy": {"type": ["string", "null"]},
        "predictions": {"type": "array", "items": _PREDICTION},
    },
}
_SCORES = {
    "type": "array",
    "items": {"type": "object", "properties": {"score": {"type": "number"}, "label": {"type": "string"}}},
}
_TEI_ANSWER = {"oneOf": [_SCORES, {"type": "array", "items": _SCORES}]}
_PREDICT = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "inputs": {"description": "A text, [text], or a batch [[text], [text], ...]."},
        "truncate": {"type": ["boolean", "null"]},
        "raw_scores": {"enum": [False, None]},
    },
}
_VLLM = {
    "type": "object",
    "properties": {
        "model": _MODEL,
        "input": {"oneOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]},
        "messages": _MESSAGES,
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {"type": "string"},
                "message": {"type": "string"},
                "retry_after_s": {"type": "integer"},
            },
        }
    },
}
_WHY = {
    "400": "Not JSON, or JSON that readers disagree about.",
    "401": "No key of this server.",
    "403": "Another host or origin.",
    "404": "Another model.",
    "408": "The body did not come.",
    "413": "Too large.",
    "415": "Not JSON by its type.",
    "422": "JSON that asks for nothing this can answer.",
    "429": "The key's limit is used up; 'Retry-After' says until when.",
    "500": "The model could not answer.",
    "503": "No room, no model, or stopping; 'Retry-After' says when to come again.",
    "504": "Not answered in time.",
}


def _json(schema: Any) -> Any:
    return {"application/json": {"schema": schema}}


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: {"description": _WHY[status], "content": _json(_ERROR)} for status in statuses}


def _post(summary: str, request: Any, answer: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": _json(request)},
        "responses": {"200": {"description": "Answered.", "content": _json(answer)}, **_refusals(*_WHY)},
    }


def _get(summary: str, *others: str, content: Any = None) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "Yes.", "content": content or _json({"type": "object"})}}
    for status in others:
        responses[status] = {"description": _WHY.get(status, "No."), "content": _json({"type": "object"})}
    return {"summary": summary, "responses": responses}


ROUTES: dict[str, dict[str, Any]] = {
    "/v1/classify": _post("The topic of each text or conversation", _CLASSIFY, _ANSWER),
    "/predict": _post(
        "As text-embeddings-inference", _PREDICT, {"oneOf": [_SCORES, {"type": "array", "items": _SCORES}]}
    ),
    "/classify": _post("As vLLM", _VLLM, {"type": "object"}),
    "/v1/models": _get("The model that answers", "401", "403", "503"),
    "/v1/models/reload": {
        "summary": "Load the model anew",
        "responses": {
            "200": {"description": "The new one answers.", "content": _json({"type": "object"})},
            **{
                status: {"description": _WHY[status], "content": _json(_ERROR)}
                for status in ("401", "403", "500", "503")
            },
        },
    },
    "/healthz": _get("Whether the process works"),
    "/readyz": _get("Whether requests are taken", "503"),
    "/metrics": _get("Figures for Prometheus", "401", "403", content={"text/plain": {"schema": {"type": "string"}}}),
}
"""By path, what FastAPI is told of it."""
