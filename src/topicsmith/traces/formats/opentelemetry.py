"""OpenTelemetry spans that follow the GenAI conventions, new and old, as OTLP JSON or a span a row."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.formats.payloads import answered, json_or_same, spoken
from topicsmith.traces.formats.spans import RawSpan, numbered, raw_spans, read_spans

_DETAILS = "gen_ai.client.inference.operation.details"
_EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


class OpenTelemetryFormat:
    """``{"resourceSpans": [...]}`` whose spans have ``gen_ai.*`` attributes or events."""

    name = "opentelemetry"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """OTLP's envelope, or a span with ``gen_ai`` attributes."""
        for key in ("resourceSpans", "resourceLogs"):
            if isinstance(row.get(key), list):
                spans = raw_spans(Row("", 0, row))
                return None if any(_is_openinference(span) for span in spans) else f"has '{key}'"
        for span in raw_spans(Row("", 0, row)):
            if any(key.startswith("gen_ai.") for key in span.attributes):
                return "is a span with 'gen_ai' attributes"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace for each conversation, after the last row."""
        from topicsmith.traces.formats.openinference import openinference_messages

        return read_spans(rows, (genai_messages, openinference_messages))


def _is_openinference(span: RawSpan) -> bool:
    return "openinference.span.kind" in span.attributes


def genai_messages(span: RawSpan) -> tuple[Message, ...]:
    """The messages of a GenAI span: attributes of the present conventions, the details event, older events, oldest."""
    places = [span.attributes, *(attributes for name, attributes in span.events if name in {_DETAILS, ""})]
    for place in places:
        if "gen_ai.input.messages" in place:
            return _present(place)
    return _older_events(span) or _oldest(span)


def _present(place: Mapping[str, object]) -> tuple[Message, ...]:
    system = spoken(json_or_same(place.get("gen_ai.system_instructions")), "system")
    asked = spoken(json_or_same(place["gen_ai.input.messages"]))
    return (*system, *asked, *spoken(json_or_same(place.get("gen_ai.output.messages")), "assistant"))


def _older_events(span: RawSpan) -> tuple[Message, ...]:
    """A message an event, as up to version 1.36."""
    found: list[Message] = []
    for name, attributes in span.events:
        if name in _EVENT_ROLES:
            content = attributes.get("content", attributes.get("gen_ai.event.content", ""))
            found.extend(spoken(content, _EVENT_ROLES[name]))
        elif name == "gen_ai.choice":
            content = attributes.get("message.content", attributes.get("message", attributes.get("content", "")))
            found.extend(spoken(json_or_same(content), "assistant"))
        elif name == "gen_ai.content.prompt":
            found.extend(spoken(json_or_same(attributes.get("gen_ai.prompt"))))
        elif name == "gen_ai.content.completion":
            found.extend(answered(attributes.get("gen_ai.completion")))
    return tuple(found)


def _oldest(span: RawSpan) -> tuple[Message, ...]:
    """``gen_ai.prompt`` as text, JSON, or numbered attributes."""
    attributes = span.attributes
    prompts = numbered(attributes, "gen_ai.prompt")
    if prompts:
        completions = numbered(attributes, "gen_ai.completion")
        return (*spoken(list(prompts)), *spoken(list(completions), "assistant"))
    asked = spoken(json_or_same(attributes.get("gen_ai.prompt")))
    return (*asked, *answered(attributes.get("gen_ai.completion"))) if asked else ()


FORMAT = OpenTelemetryFormat()
