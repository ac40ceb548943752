"""Attributes of spans and events, whatever the encoding, under flat dotted names."""

import re
from collections.abc import Iterator, Mapping

from topicsmith.traces.conversations.fields import mapping
from topicsmith.traces.conversations.payloads import json_or_same

_DEPTH = 12
_LIST = 10_000
_WHOLE = frozenset(
    {"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.request.messages",
     "input.value", "output.value", "ai.prompt", "ai.prompt.messages", "traceloop.entity.input", "mlflow.spanInputs",
     "langfuse.observation.input", "langfuse.trace.input", "gcp.vertex.agent.llm_request", "events", "request_data",
     "pydantic_ai.all_messages", "all_messages_events"}
)  # fmt: skip
"""Attributes whose objects are messages, which stay as they are."""

_PLACES = ("attributes", "SpanAttributes", "span_attributes", "LogAttributes", "tags", "fields")
_VALUES = {
    "stringValue": "string_value", "doubleValue": "double_value", "boolValue": "bool_value",
    "bytesValue": "bytes_value",
}  # fmt: skip


def objects(value: object) -> Iterator[Mapping[str, object]]:
    """The objects in a list; nothing where it is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def attributes_of(item: Mapping[str, object]) -> dict[str, object]:
    """The attributes of a span or event under flat names; a log record's body counts among them.

    They stand in a list of keys and values (OTLP, Jaeger), in an object, or in JSON text of either.
    """
    values: dict[str, object] = {}
    for place in _PLACES:
        written = json_or_same(item.get(place))
        if isinstance(written, list):
            for pair in objects(written):
                if isinstance(pair.get("key"), str):
                    values[str(pair["key"])] = any_value(pair.get("value"))
        elif isinstance(written, Mapping):
            values.update(written)
    body = item.get("body", item.get("Body"))
    body = any_value(body) if isinstance(body, Mapping) else json_or_same(body)
    if isinstance(body, Mapping):
        values = {**body, **values}
    elif isinstance(body, str):
        values.setdefault("content", body)
    return flat(values)


def any_value(value: object, depth: int = _DEPTH) -> object:
    """OTLP's AnyValue as plain data; what is none is returned as it is."""
    if not isinstance(value, Mapping) or depth == 0:
        return value
    integer = value.get("intValue", value.get("int_value"))
    if integer is not None:
        return int(integer) if isinstance(integer, str) and re.fullmatch(r"-?[0-9]{1,20}", integer) else integer
    for key in ("arrayValue", "array_value"):
        if key in value:
            return [any_value(item, depth - 1) for item in _listed(mapping(value[key]).get("values"))]
    for key in ("kvlistValue", "kvlist_value"):
        if key in value:
            pairs = objects(mapping(value[key]).get("values"))
            return {str(pair.get("key")): any_value(pair.get("value"), depth - 1) for pair in pairs}
    for camel, snake in _VALUES.items():
        if camel in value or snake in value:
            return value.get(camel, value.get(snake))
    return value


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def flat(values: Mapping[str, object], prefix: str = "", depth: int = _DEPTH) -> dict[str, object]:
    """``values`` with nested objects, and lists of objects, under dotted names; what holds messages stays whole."""
    result: dict[str, object] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if name in _WHOLE or depth == 0:
            result[name] = value
        elif isinstance(value, Mapping):
            result.update(flat(value, f"{name}.", depth - 1))
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            for index, item in enumerate(value[:_LIST]):
                result.update(flat(item, f"{name}.{index}.", depth - 1))
        else:
            result[name] = value
    return result


def numbered(attributes: Mapping[str, object], prefix: str) -> list[dict[str, object]]:
    """The objects under ``prefix.0.``, ``prefix.1.`` and so on, in order, each with what follows its number."""
    found: dict[int, dict[str, object]] = {}
    start = f"{prefix}."
    for key, value in attributes.items():
        if key.startswith(start):
            index, _, rest = key[len(start) :].partition(".")
            if re.fullmatch("[0-9]{1,9}", index):
                found.setdefault(int(index), {})[rest] = value
    return [found[index] for index in sorted(found)]
