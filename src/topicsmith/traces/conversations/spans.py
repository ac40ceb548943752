"""Spans out of what OpenTelemetry and its kin write: OTLP JSON in many envelopes, a span a row, data-frame columns."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from topicsmith.progress import plain
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.attributes import attributes_of, flat, objects
from topicsmith.traces.conversations.fields import first_id, first_text, mapping
from topicsmith.traces.conversations.payloads import json_or_same
from topicsmith.traces.conversations.sessions import Conversations, Span
from topicsmith.traces.conversations.steps import step_of

_RESOURCES = ("resourceSpans", "resource_spans", "batches", "resourceLogs", "resource_logs")
_SCOPES = (
    "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans", "scopeLogs",
    "scope_logs",
)  # fmt: skip
_ITEMS = ("spans", "logRecords", "log_records")
_CONVERSATIONS = (
    "gen_ai.conversation.id", "session.id", "thread.id", "langfuse.session.id", "ai.telemetry.metadata.sessionId",
    "traceloop.association.properties.session_id", "traceloop.association.properties.thread_id", "mlflow.trace.session",
    "langsmith.trace.session_id", "gcp.vertex.agent.session_id", "langsmith.metadata.thread_id",
)  # fmt: skip
_KINDS = (
    "openinference.span.kind", "langfuse.observation.type", "traceloop.span.kind", "mlflow.spanType",
    "gen_ai.operation.name", "span_kind",
)  # fmt: skip
_TRACE_IDS = ("traceId", "trace_id", "context.trace_id", "traceID", "TraceId")
_PARENTS = ("parentSpanId", "parent_id", "parentId", "parent_span_id", "ParentSpanId", "parentSpanID")
_STARTS = (
    "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timeUnixNano", "time_unix_nano",
    "observedTimeUnixNano", "observed_time_unix_nano", "Timestamp", "start_timestamp", "start_time_ns",
)  # fmt: skip
_COLUMNS = ("attributes.", "gen_ai.", "llm.", "input.value", "output.value", "openinference.")
_SHOWN = 10


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


def kind_of(span: RawSpan) -> str | None:
    """What kind of step the span says it is."""
    kind = first_text(span.attributes, *_KINDS)
    return None if kind is None else kind.strip('"')


def _span(raw: RawSpan, messages: tuple[Message, ...], row: Row) -> Span:
    attributes = raw.attributes
    kept = {
        key: value
        for key, value in attributes.items()
        if isinstance(value, str | int | float | bool) and not _holds_talk(key) and len(str(value)) <= 1000
    }
    root = raw.parent is None
    step = step_of(kind_of(raw), raw.name, root=root)
    of_a_call = any(key.startswith(_OF_A_CALL) for key in attributes)
    return Span(
        trace_id=raw.trace_id,
        messages=messages,
        start=raw.start or None,
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_id(attributes, *_CONVERSATIONS),
        metadata={**kept, **({"span_name": raw.name} if raw.name else {})},
        part="talk" if step.part == "aside" and messages and of_a_call else step.part,
        lacks=step.lacks(_looked_for(raw)),
    )


_OF_A_CALL = ("gen_ai.", "llm.", "ai.prompt")
_HOLDS_TALK = re.compile(
    r"(?:llm\.(?:input|output)_messages|llm\.prompts|gen_ai\.(?:prompt|completion|input\.messages|output\.messages|"
    r"system_instructions|request\.messages)|ai\.(?:prompt|response\.text)|traceloop\.entity\.(?:input|output)|"
    r"(?:input|output)\.value|langfuse\.(?:observation|trace)\.(?:input|output)|mlflow\.span(?:Inputs|Outputs)|"
    r"gcp\.vertex\.agent\.llm_re|(?:all_messages_)?events|pydantic_ai\.all_messages|request_data|response_data)"
)


def _holds_talk(key: str) -> bool:
    return _HOLDS_TALK.match(key) is not None


def _looked_for(raw: RawSpan) -> str:
    """Which attributes a span without messages has, beside where they are looked for."""
    seen = ", ".join(plain(key)[:60] for key in list(raw.attributes)[:_SHOWN])
    return (
        "looked for gen_ai.input.messages, gen_ai.prompt, llm.input_messages, input.value, traceloop.entity.input, "
        f"ai.prompt and their kin; the span has {seen or 'no attributes'}"
    )


def raw_spans(row: Row) -> Iterator[RawSpan]:
    """The spans in one row."""
    value = row.value
    trace = value.get("trace", value.get("data"))
    trace = json_or_same(trace) if isinstance(trace, str) else trace
    if isinstance(trace, Mapping) and any(isinstance(trace.get(key), list) for key in (*_RESOURCES, *_ITEMS)):
        value = trace  # Tempo, MLflow
    if any(isinstance(value.get(key), list) for key in _RESOURCES):
        found: Iterator[RawSpan | None] = (
            _one(item, shared, row, number) for number, (item, shared) in enumerate(_enveloped(value))
        )
    elif isinstance(value.get("spans"), list):  # Jaeger, MLflow
        found = (_one({"traceID": value.get("traceID"), **item}) for item in objects(value["spans"]))
    else:
        found = iter([_one(value)])
    yield from (span for span in found if span is not None)


def _enveloped(value: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], Mapping[str, object]]]:
    """The spans and log records of OTLP's envelope, each with the attributes of its resource."""
    for resource in (resource for key in _RESOURCES for resource in objects(value.get(key))):
        shared = attributes_of(mapping(resource.get("resource")))
        for scope in (scope for key in _SCOPES for scope in objects(resource.get(key))):
            yield from ((item, shared) for key in _ITEMS for item in objects(scope.get(key)))


def _one(
    item: Mapping[str, object], shared: Mapping[str, object] | None = None, row: Row | None = None, number: int = 0
) -> RawSpan | None:
    """A span as OTLP, as consoles and stores, as Phoenix' JSON, or as data-frame columns write it."""
    context = mapping(item.get("context", item.get("span_context")))
    columns = {key.removeprefix("attributes."): value for key, value in item.items() if key.startswith(_COLUMNS)}
    own = attributes_of(item)
    attributes = {**(shared or {}), **own, **flat(columns)}
    trace_id = first_id(item, *_TRACE_IDS) or first_id(context, "trace_id", "traceId")
    is_record = "body" in item or "eventName" in item or "event.name" in own
    if trace_id is None and is_record and row is not None:  # a log record outside a trace
        trace_id = first_id(attributes, *_CONVERSATIONS) or f"{row.source}:{row.number}:{number}"
    if trace_id is None:
        return None
    events = [
        (first_text(event, "name", "event.name") or "", attributes_of(event))
        for event in (*objects(item.get("events")), *objects(item.get("logs")))
    ]
    if is_record:  # a log record is an event of its own
        name = first_text(item, "eventName", "event_name") or first_text(own, "event.name")
        events.append((name or "", own))
    kind = first_text(item, "span_kind")
    if kind is not None and "openinference.span.kind" not in attributes:
        attributes["openinference.span.kind"] = kind
    return RawSpan(
        trace_id,
        _parent(item),
        first_text(item, "name", "operationName", "SpanName"),
        first_text(item, *_STARTS) or "",
        attributes,
        tuple(events),
    )


def _parent(item: Mapping[str, object]) -> str | None:
    named = first_id(item, *_PARENTS)
    if named is not None:
        return named
    references = [ref for ref in objects(item.get("references")) if ref.get("refType", "CHILD_OF") == "CHILD_OF"]
    return first_id(references[0], "spanID") if references else None
