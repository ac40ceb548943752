"""Requests to a model as programs log them: the body, in whatever envelope, and whether it was talk at all."""

import re
from collections.abc import Iterator, Mapping

from topicsmith.progress import plain
from topicsmith.records import Message
from topicsmith.traces.conversations.fields import first_text
from topicsmith.traces.conversations.messages import is_message
from topicsmith.traces.conversations.payloads import answered, json_or_same

_ENVELOPES = (
    "request", "body", "input", "inputs", "kwargs", "params", "request_body", "requestBody", "proxy_server_request",
    "inputBodyJson", "payload", "request_json", "requestPayload", "request_payload", "raw_request", "prompt", "chat",
    "data", "channel_values", "values", "state", "checkpoint", "event", "jsonPayload", "model_input", "llm_request",
)  # fmt: skip
"""Keys under which a log keeps the request: OpenAI's and Anthropic's batches, LiteLLM, Helicone, Databricks, Bedrock,
Portkey, LangGraph's states."""

_ANSWERS = (
    "response", "output", "response_body", "responseBody", "outputBodyJson", "completion", "result", "outputs",
    "response_json", "responsePayload",
)  # fmt: skip
ENVELOPES = frozenset(_ENVELOPES) | frozenset(_ANSWERS)
_DEPTH = 3
_PLACES = ("url", "endpoint", "path", "call_type", "callType", "operation", "request_type", "api", "route", "object",
           "target_url", "request_path", "type")  # fmt: skip
_NO_TALK = re.compile(
    r"embed|moderation|/?audio/|speech|transcri|translations|images?/|image_?(?:generation|edit)|rerank|/files|"
    r"fine_?tun|count_?tokens|/models$|vector_?store|tokeni[sz]e|^list$"
)
_MODELS = re.compile(r"embed(?:ding)?|moderation|whisper|tts|dall-e|rerank|gpt-image")


def bodies(row: Mapping[str, object], depth: int = _DEPTH) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Everything in ``row`` that may be a request's body, outermost first, each with the path it stands at.

    A body may be written as JSON text.
    """
    yield "", row
    if not depth:
        return
    for key in _ENVELOPES:
        inside = json_or_same(row.get(key))
        if isinstance(inside, Mapping):
            for place, body in bodies(inside, depth - 1):
                yield f"{key}.{place}" if place else f"{key}.", body


def listed(value: object) -> list[object] | None:
    """``value`` as a list of messages, also as JSON text of one, or ``None``."""
    value = json_or_same(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and not is_message(value[0]):
        value = value[0]
    return value if isinstance(value, list) and value and is_message(value[0]) and _mostly(value) else None


def _mostly(items: list[object]) -> bool:
    return 2 * sum(map(is_message, items)) > len(items)


def not_talk(row: Mapping[str, object]) -> str | None:
    """What the request was for where it is told not to be talk: an embedding, speech, an image; otherwise ``None``."""
    for _, body in bodies(row):
        place = next(
            (text for key in _PLACES if (text := first_text(body, key)) and _NO_TALK.search(text.casefold())), None
        )
        model = first_text(body, "model", "modelId", "model_id")
        if place is not None:
            return f"a request to {plain(place)[:80]!r}"
        if model is not None and _MODELS.search(model.casefold()):
            return f"a request to the model {plain(model)[:80]!r}"
    return None


def answers(row: Mapping[str, object]) -> tuple[Message, ...]:
    """What the model answered, where the row has it."""
    for key in _ANSWERS:
        inside = json_or_same(row.get(key))
        if isinstance(inside, Mapping):
            body = json_or_same(inside.get("body", inside.get("outputBodyJson", inside)))
            if isinstance(body, Mapping) and (found := answered(body)):
                return tuple(message for message in found if message.role == "assistant")
        elif isinstance(inside, list) and (found := answered(inside)):
            return tuple(message for message in found if message.role == "assistant")
    return ()
