"""OpenAI Responses: logged requests with ``input``, alone, as batch lines, or beside the response."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import first_text, mapping, rest_of
from topicsmith.traces.conversations.messages import MalformedError, json_text, message_of, text_of

_ITEMS = ("message", "function_call", "function_call_output", "reasoning", "item_reference")
_REQUESTS = ("request", "body", "kwargs")


class ResponsesFormat:
    """``{"model": ..., "input": "..." or [items]}``, and ``{"request": {...}, "response": {...}}``."""

    name = "responses"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """An ``input`` of items, or of text beside ``model`` or ``instructions``."""
        place, request = _request(row)
        value = request.get("input")
        if isinstance(value, list) and value and all(_is_item(item) for item in value):
            return f"has '{place}input' with items"
        if isinstance(value, str) and {"model", "instructions", "previous_response_id"} & request.keys():
            return f"has '{place}input' beside a model"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace a row; ``instructions`` stand first, the response's items last."""
        for row in rows:
            _, request = _request(row.value)
            if "input" not in request:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'input'")
                continue
            response = mapping(row.value.get("response"))
            answer = mapping(response.get("body", response))
            try:
                messages = (*_messages(request), *_items(answer.get("output", row.value.get("output"))))
            except MalformedError as exc:
                yield Dropped(row.source, row.number, WRONG_TYPE, str(exc))
                continue
            yield Trace(
                trace_id=first_text(row.value, "id", "custom_id") or first_text(answer, "id") or "",
                messages=messages,
                metadata=rest_of(row.value, {"id", *_REQUESTS, "response", "input", "output", "tools", "instructions"}),
                source=row.source,
                row=row.number,
                time=first_text(row.value, "timestamp", "created_at") or first_text(answer, "created_at"),
            )


def _request(row: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    for key in _REQUESTS:
        inside = mapping(row.get(key))
        body = mapping(inside.get("body", inside))
        if "input" in body:
            return f"{key}.", body
    return "", row


def _is_item(item: object) -> bool:
    return isinstance(item, Mapping) and (item.get("type") in _ITEMS or {"role", "content"} <= item.keys())


def _messages(request: Mapping[str, object]) -> tuple[Message, ...]:
    instructions = request.get("instructions")
    first = (Message("developer", instructions),) if isinstance(instructions, str) and instructions else ()
    value = request["input"]
    if isinstance(value, str):
        return (*first, Message("user", value))
    return (*first, *_items(value))


def _items(value: object) -> Iterator[Message]:
    if value is None:
        return
    if not isinstance(value, list):
        raise MalformedError(f"'input' is a {type(value).__name__}, where text or a list was expected")
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
