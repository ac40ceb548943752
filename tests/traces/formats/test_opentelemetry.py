"""GenAI spans as OTLP JSON: the present conventions, those up to 1.36, the oldest, and a span a row."""

from collections.abc import Mapping

import orjson

from tests.traces.helpers import read_traces
from topicsmith.records import Message, ToolCall
from topicsmith.traces.formats.opentelemetry import FORMAT

CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}}
ASKED = [
    {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
    {"role": "assistant", "parts": [CALL]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "rainy, 57°F"}]},
]
ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "Rainy."}], "finish_reason": "stop"}]
SYSTEM = [{"type": "text", "content": "Be brief."}]
WANTED = [
    ("system", "Be brief."),
    ("user", "Weather in Paris?"),
    ("assistant", ""),
    ("tool", ""),
    ("assistant", "Rainy."),
]


def value(data: object) -> dict[str, object]:
    """``data`` as OTLP's AnyValue."""
    if isinstance(data, bool):
        return {"boolValue": data}
    if isinstance(data, int):
        return {"intValue": str(data)}
    if isinstance(data, list):
        return {"arrayValue": {"values": [value(item) for item in data]}}
    if isinstance(data, dict):
        return {"kvlistValue": {"values": attributes(data)}}
    return {"stringValue": data}


def attributes(values: Mapping[str, object]) -> list[dict[str, object]]:
    return [{"key": key, "value": value(item)} for key, item in values.items()]


def span(number: int, values: Mapping[str, object], **more: object) -> dict[str, object]:
    return {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": f"{number:016x}", "parentSpanId": "eee19b7ec3c1b173",
        "name": "chat gpt-4o", "kind": 3, "startTimeUnixNano": str(1544712660000000000 + number),
        "attributes": attributes({"gen_ai.operation.name": "chat", **values}), **more,
    }  # fmt: skip


def otlp(*spans: Mapping[str, object], **resource: object) -> dict[str, object]:
    shared = {"attributes": attributes({"service.name": "shop", **resource})}
    return {"resourceSpans": [{"resource": shared, "scopeSpans": [{"scope": {"name": "x"}, "spans": list(spans)}]}]}


def spoken(*rows: Mapping[str, object]) -> list[tuple[str, str]]:
    (trace,) = read_traces(FORMAT, rows)
    return [(message.role, message.content) for message in trace.messages]


def text(data: object) -> str:
    return orjson.dumps(data).decode()


def test_messages_as_json_text_and_structured_read_alike() -> None:
    keys = ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")
    as_text = dict(zip(keys, map(text, (SYSTEM, ASKED, ANSWERED)), strict=True))
    structured = dict(zip(keys, (SYSTEM, ASKED, ANSWERED), strict=True))
    row = otlp(span(1, as_text))
    assert FORMAT.recognise(row) == "has 'resourceSpans'"
    assert spoken(row) == spoken(otlp(span(1, structured))) == WANTED


def test_the_details_event_of_a_span_or_of_a_log_record_counts() -> None:
    details = {"gen_ai.input.messages": text(ASKED[:1])}
    event = {"name": "gen_ai.client.inference.operation.details", "attributes": attributes(details)}
    record = {
        "traceId": "t", "timeUnixNano": "5", "eventName": "gen_ai.client.inference.operation.details",
        "attributes": attributes(details), "body": {},
    }  # fmt: skip
    logs = {"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": [record]}]}]}
    assert FORMAT.recognise(logs) == "has 'resourceLogs'"
    assert spoken(otlp(span(1, {}, events=[event]))) == spoken(logs) == [("user", "Weather in Paris?")]


def test_an_event_a_message_as_up_to_1_36() -> None:
    def event(name: str, **values: object) -> dict[str, object]:
        return {"name": name, "timeUnixNano": "1", "attributes": attributes({"gen_ai.system": "openai", **values})}

    events = [
        event("gen_ai.system.message", content="Be brief."),
        event("gen_ai.user.message", content="Weather in Paris?"),
        event("gen_ai.choice", index=0, message={"role": "assistant", "content": "Rainy."}, finish_reason="stop"),
    ]
    wanted = [("system", "Be brief."), ("user", "Weather in Paris?"), ("assistant", "Rainy.")]
    assert spoken(otlp(span(1, {}, events=events))) == wanted


def test_numbered_prompts_of_the_oldest_instrumentations() -> None:
    values: dict[str, object] = {
        "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "Weather in Paris?",
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Rainy.",
    }  # fmt: skip
    wanted = [("system", "Be brief."), ("user", "Weather in Paris?"), ("assistant", "Rainy.")]
    assert spoken(otlp(span(1, values))) == wanted
    assert spoken(otlp(span(1, {"gen_ai.prompt": "Weather in Paris?"}))) == [("user", "Weather in Paris?")]


def test_a_span_a_row_as_the_console_exporter_writes_it() -> None:
    row: dict[str, object] = {
        "name": "chat gpt-4o", "context": {"trace_id": "0xabc", "span_id": "0x1", "trace_state": "[]"},
        "parent_id": None, "start_time": "2026-05-01T10:00:00.000000Z",
        "attributes": {"gen_ai.operation.name": "chat", "gen_ai.input.messages": text(ASKED[:1])}, "events": [],
    }  # fmt: skip
    assert FORMAT.recognise(row) == "is a span with 'gen_ai' attributes"
    (trace,) = read_traces(FORMAT, [row])
    assert (trace.trace_id, trace.time) == ("0xabc", "2026-05-01T10:00:00.000000Z")
    assert trace.messages == (Message("user", "Weather in Paris?"),)


def test_replays_count_once_and_a_conversation_id_joins_traces() -> None:
    second = {"role": "user", "parts": [{"type": "text", "content": "And tomorrow?"}]}
    grown = {"gen_ai.input.messages": text([*ASKED, second]), "gen_ai.conversation.id": "conv-5"}
    first = {"gen_ai.input.messages": text(ASKED[:1]), "gen_ai.conversation.id": "conv-5"}
    other = {"traceId": "another"}
    (trace,) = read_traces(FORMAT, [otlp(span(9, grown, **other)), otlp(span(2, first))])
    assert (trace.trace_id, trace.messages[0].content) == ("conv-5", "Weather in Paris?")


def test_a_conversation_id_on_one_span_holds_for_its_whole_trace() -> None:
    root = span(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "conv-6"}, parentSpanId="")
    chat = span(2, {"gen_ai.input.messages": text(ASKED[:1])})
    http = span(3, {"http.request.method": "POST"})
    (trace,) = read_traces(FORMAT, [otlp(http, chat, root)])
    assert (trace.trace_id, trace.messages[0].content) == ("conv-6", "Weather in Paris?")


def test_a_session_of_the_resource_names_the_conversation() -> None:
    row = otlp(span(1, {"gen_ai.input.messages": text(ASKED[:1])}), **{"session.id": "s-1"})
    (trace,) = read_traces(FORMAT, [row])
    assert trace.trace_id == "s-1"


def test_tool_calls_in_parts_are_kept() -> None:
    (trace,) = read_traces(FORMAT, [otlp(span(1, {"gen_ai.input.messages": text(ASKED)}))])
    assert trace.messages[1].tool_calls == (ToolCall("weather", '{"city":"Paris"}', "c1"),)
