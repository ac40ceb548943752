"""OpenAI Responses: logged requests with ``input``, alone, as batch lines, or beside the response."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.base import NO_TALK, NOT_THIS_FORMAT, WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of, session_of
from topicsmith.traces.conversations.messages import MalformedError, json_text, message_of, text_of
from topicsmith.traces.conversations.payloads import json_or_same
from topicsmith.traces.conversations.requests import ENVELOPES, bodies, not_talk
from topicsmith.traces.conversations.sessions import Conversations

_ITEMS = ("message", "reasoning", "item_reference", "compaction")
_NOT_OURS = ("span_id", "root_span_id", "span_parents", "op_name", "run_type", "traceId", "sessionId", "bookmarked")


class ResponsesFormat:
    """``{"model": ..., "input": "..." or [items]}``, and ``{"request": {...}, "response": {...}}``."""

    name = "responses"
    order = 70
    mixes = True

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """An ``input`` of items, or of text beside ``model`` or ``instructions``."""
        if any(name in row for name in _NOT_OURS):  # spans of tracers, which hold every call of a conversation
            return None
        place, request = _request(row)
        value = request.get("input")
        if isinstance(value, list) and value and all(_is_item(item) for item in value):
            return f"has '{place}input' with items"
        if isinstance(value, str) and {"model", "instructions", "previous_response_id"} & request.keys():
            return f"has '{place}input' beside a model"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row, rows of one conversation joined; ``instructions`` first, the response's items last."""
        chains, conversations = _Chains(), Conversations()
        for row in rows:
            _, request = _request(row.value)
            if "input" not in request and isinstance(row.value.get("messages"), list):
                request = {"input": row.value["messages"]}  # the items of one response, as the API lists them
            if "input" not in request:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'input'")
                continue
            if (other := not_talk(row.value)) is not None:
                yield Dropped(row.source, row.number, NO_TALK, other, first_id(row.value, "id", "custom_id"))
                continue
            result = _trace(row, request)
            chain = chains.of(row.value, request) if isinstance(result, Trace) else None
            if isinstance(result, Trace) and chain is not None:
                conversations.join(result, chain)
            else:
                yield result
        yield from conversations.traces()


class _Chains:
    """Which responses go on from which: by the conversation they name, or by ``previous_response_id``."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, row: Mapping[str, object], request: Mapping[str, object]) -> str | None:
        """The conversation of a row, where it names one or goes on from another response, or others may from it."""
        named = request.get("conversation", row.get("conversation"))
        conversation = first_id(named, "id") if isinstance(named, Mapping) else first_id({"": named}, "")
        conversation = conversation or session_of(row)
        own = first_id(_answer(row), "id") or first_id(row, "id")
        earlier = first_id(request, "previous_response_id") or first_id(row, "previous_response_id")
        if conversation is None and earlier is None and not _is_stored(row, request):
            return None
        conversation = conversation or self._first.get(earlier or "", earlier or own)
        if own is not None and conversation is not None:
            self._first[own] = conversation
        return conversation


def _is_stored(row: Mapping[str, object], request: Mapping[str, object]) -> bool:
    """Whether another row may go on from this one."""
    return "previous_response_id" in request or "previous_response_id" in row or row.get("object") == "response"


def _answer(row: Mapping[str, object]) -> Mapping[str, object]:
    response = mapping(json_or_same(row.get("response")))
    return mapping(json_or_same(response.get("body", response)))


def _trace(row: Row, request: Mapping[str, object]) -> Trace | Dropped:
    answer = _answer(row.value)
    try:
        messages = (*_messages(request), *_items(answer.get("output", row.value.get("output")), "output"))
    except MalformedError as exc:
        return Dropped(row.source, row.number, WRONG_TYPE, str(exc))
    used = {"id", *ENVELOPES, "input", "tools", "instructions"}
    return Trace(
        trace_id=first_id(row.value, "id", "custom_id") or first_id(answer, "id") or "",
        messages=messages,
        metadata=rest_of(row.value, used),
        source=row.source,
        row=row.number,
        time=first_text(row.value, "timestamp", "created_at") or first_text(answer, "created_at"),
    )


def _request(row: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """The outermost body whose ``input`` is a text or a list of items, and where it stands."""
    for place, body in bodies(row):
        if isinstance(body.get("input"), str | list):
            return place, body
    return "", row


def _is_item(item: object) -> bool:
    if not isinstance(item, Mapping):
        return False
    kind = item.get("type")
    known = isinstance(kind, str) and (kind in _ITEMS or kind.endswith(("_call", "_call_output", "_output")))
    return known or {"role", "content"} <= item.keys()


def _messages(request: Mapping[str, object]) -> tuple[Message, ...]:
    instructions = request.get("instructions")
    first = (Message("developer", instructions),) if isinstance(instructions, str) and instructions else ()
    value = request["input"]
    if isinstance(value, str):
        return (*first, Message("user", value))
    return (*first, *_items(value, "input"))


def _items(value: object, place: str) -> Iterator[Message]:
    if value is None:
        return
    if isinstance(value, str):
        yield Message("assistant", value)
        return
    if not isinstance(value, list):
        raise MalformedError(f"'{place}' is a {type(value).__name__}, where text or a list was expected")
    for item in value:
        if not isinstance(item, Mapping):
            raise MalformedError(f"an item is a {type(item).__name__}, where an object was expected")
        kind = item.get("type", "message")
        if kind == "function_call":
            call = ToolCall(str(item.get("name", "")), json_text(item.get("arguments")), first_text(item, "call_id"))
            yield Message("assistant", "", tool_calls=(call,))
        elif kind == "function_call_output":
            output = item.get("output")
            text = text_of(output) if isinstance(output, str | list) else json_text(output)
            yield Message("tool", text, tool_call_id=first_text(item, "call_id"))
        elif kind == "reasoning":
            yield Message("assistant", "", reasoning=text_of(_summary(item)) or None)
        elif kind == "message" or "role" in item:
            yield message_of(item)


def _summary(item: Mapping[str, object]) -> object:
    summary = item.get("summary")
    parts = summary if isinstance(summary, list) else []
    return [{"type": "text", "text": part.get("text")} for part in parts if isinstance(part, Mapping)]


FORMAT = ResponsesFormat()
