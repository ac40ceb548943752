"""Spans out of what OpenTelemetry and Phoenix write: OTLP JSON, a span a row, data-frame columns."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_text, mapping
from topicsmith.traces.conversations.sessions import Conversations, Span

_DEPTH = 12
_LIST = 10_000
_ENVELOPES = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))
_CONVERSATIONS = ("gen_ai.conversation.id", "session.id", "thread.id")


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span before its messages are looked for: ``attributes`` are flat, dotted names."""

    trace_id: str
    parent: str | None
    name: str | None
    start: str
    attributes: Mapping[str, object]
    events: tuple[tuple[str, Mapping[str, object]], ...]


Extract = Callable[[RawSpan], tuple[Message, ...]]


def read_spans(rows: Iterable[Row], extracts: tuple[Extract, ...]) -> Iterator[Trace | Dropped]:
    """The conversations of all spans, each span's messages found by the first of ``extracts`` that finds any."""
    conversations = Conversations()
    for row in rows:
        found = False
        for raw in raw_spans(row):
            found = True
            messages = next((messages for extract in extracts if (messages := extract(raw))), ())
            conversations.offer(_span(raw, messages, row))
        if not found:
            yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no span: no 'resourceSpans', no trace id")
    yield from conversations.traces()


def _span(raw: RawSpan, messages: tuple[Message, ...], row: Row) -> Span:
    attributes = raw.attributes
    kept = {
        key: value
        for key, value in attributes.items()
        if isinstance(value, str | int | float | bool)
        and not key.startswith(("llm.input_messages", "llm.output_messages", "gen_ai.prompt", "gen_ai.completion"))
        and key not in {"input.value", "output.value", *_MESSAGE_KEYS}
        and len(str(value)) <= 1000
    }
    return Span(
        trace_id=raw.trace_id,
        messages=messages,
        start=raw.start or f"{row.number:012}",
        root=raw.parent is None,
        source=row.source,
        row=row.number,
        conversation=first_text(attributes, *_CONVERSATIONS),
        time=raw.start or None,
        metadata={**kept, **({"span_name": raw.name} if raw.name else {})},
    )


_MESSAGE_KEYS = {"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"}


def raw_spans(row: Row) -> Iterator[RawSpan]:
    """The spans in one row."""
    value = row.value
    for outer, middle, inner in _ENVELOPES:
        for resource in _objects(value.get(outer)):
            shared = attributes_of(mapping(resource.get("resource")))
            for scope in _objects(resource.get(middle, resource.get("instrumentationLibrarySpans"))):
                for item in _objects(scope.get(inner)):
                    if span := _one(item, shared):
                        yield span
    if "resourceSpans" not in value and "resourceLogs" not in value and (span := _one(value)):
        yield span


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def _one(item: Mapping[str, object], shared: Mapping[str, object] | None = None) -> RawSpan | None:
    """A span as OTLP, as the console exporter, as Phoenix' JSON, or as data-frame columns write it."""
    context = mapping(item.get("context", item.get("span_context")))
    trace_id = first_text(item, "traceId", "trace_id", "context.trace_id") or first_text(context, "trace_id", "traceId")
    if trace_id is None:
        return None
    columns = {key.removeprefix("attributes."): value for key, value in item.items() if key.startswith("attributes.")}
    parent = first_text(item, "parentSpanId", "parent_id", "parentId", "parent_span_id")
    start = first_text(item, "startTimeUnixNano", "start_time", "startTime", "timeUnixNano", "observedTimeUnixNano")
    events = [
        (first_text(event, "name", "event.name") or "", attributes_of(event)) for event in _objects(item.get("events"))
    ]
    if "body" in item or "eventName" in item:  # a log record is an event of its own
        events.append((first_text(item, "eventName", "event_name") or "", attributes_of(item)))
    own = attributes_of(item)
    kind = first_text(item, "span_kind")
    if kind is not None and "openinference.span.kind" not in own:
        own["openinference.span.kind"] = kind
    return RawSpan(
        trace_id,
        parent or None,
        first_text(item, "name"),
        start or "",
        {**(shared or {}), **own, **flat(columns)},
        tuple(events),
    )


def attributes_of(item: Mapping[str, object]) -> dict[str, object]:
    """The attributes of a span or event under flat names; a log record's body counts among them."""
    written = item.get("attributes")
    values: dict[str, object] = {}
    if isinstance(written, list):
        for pair in _objects(written):
            if isinstance(pair.get("key"), str):
                values[str(pair["key"])] = any_value(pair.get("value"))
    elif isinstance(written, Mapping):
        values.update(written)
    body = any_value(item.get("body")) if isinstance(item.get("body"), Mapping) else item.get("body")
    if isinstance(body, Mapping):
        values = {**body, **values}
    elif isinstance(body, str):
        values.setdefault("content", body)
    return flat(values)


def any_value(value: object, depth: int = _DEPTH) -> object:
    """An OTLP ``AnyValue`` as plain data; what is none is returned as it is."""
    if not isinstance(value, Mapping) or depth == 0:
        return value
    if "intValue" in value:
        written = value["intValue"]
        return int(written) if isinstance(written, str) and re.fullmatch(r"-?[0-9]{1,20}", written) else written
    if "arrayValue" in value:
        return [any_value(item, depth - 1) for item in _listed(mapping(value["arrayValue"]).get("values"))]
    if "kvlistValue" in value:
        pairs = _objects(mapping(value["kvlistValue"]).get("values"))
        return {str(pair.get("key")): any_value(pair.get("value"), depth - 1) for pair in pairs}
    for key in ("stringValue", "doubleValue", "boolValue", "bytesValue"):
        if key in value:
            return value[key]
    return value


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def flat(values: Mapping[str, object], prefix: str = "", depth: int = _DEPTH) -> dict[str, object]:
    """``values`` with nested objects, and lists of objects, under dotted names; message lists of gen_ai stay whole."""
    result: dict[str, object] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if name in _MESSAGE_KEYS or depth == 0:
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
