"""OpenInference spans, as Phoenix exports them: flattened attributes, nested ones, or data-frame columns."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.formats.messages import json_text, role_of
from topicsmith.traces.formats.payloads import json_or_same, spoken
from topicsmith.traces.formats.spans import RawSpan, numbered, raw_spans, read_spans

_TALKS = {"LLM", "AGENT", "CHAIN"}


class OpenInferenceFormat:
    """Spans with ``openinference.span.kind`` and ``llm.input_messages``."""

    name = "openinference"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The kind that every OpenInference span has, or its messages."""
        for span in raw_spans(Row("", 0, row)):
            if "openinference.span.kind" in span.attributes:
                return "has spans with 'openinference.span.kind'"
            if any(key.startswith("llm.input_messages.") for key in span.attributes):
                return "has spans with 'llm.input_messages'"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace for each session or trace, after the last row."""
        from topicsmith.traces.formats.opentelemetry import genai_messages

        return read_spans(rows, (openinference_messages, genai_messages))


def openinference_messages(span: RawSpan) -> tuple[Message, ...]:
    """The messages of a model call; of the root of a trace what its input and output hold."""
    attributes = span.attributes
    asked = tuple(_message(item) for item in _listed(attributes, "llm.input_messages"))
    if asked:
        return (*asked, *(_message(item) for item in _listed(attributes, "llm.output_messages")))
    kind = str(attributes.get("openinference.span.kind", "")).upper()
    if kind != "LLM" and not (span.parent is None and kind in _TALKS):
        return ()
    asked = spoken(json_or_same(attributes.get("input.value")))
    return (*asked, *spoken(json_or_same(attributes.get("output.value")), "assistant")) if asked else ()


def _listed(attributes: Mapping[str, object], name: str) -> list[dict[str, object]]:
    """Numbered attributes; or a data-frame cell written as JSON text."""
    found = numbered(attributes, name)
    if found or not isinstance(attributes.get(name), str):
        return found
    from topicsmith.traces.formats.spans import flat

    cell = json_or_same(attributes[name])
    return [flat(item) for item in cell if isinstance(item, Mapping)] if isinstance(cell, list) else []


def _message(item: Mapping[str, object]) -> Message:
    role = item.get("message.role")
    content = item.get("message.content")
    parts = [
        str(part["message_content.text"])
        for part in numbered(item, "message.contents")
        if part.get("message_content.type", "text") == "text" and part.get("message_content.text")
    ]
    text = content if isinstance(content, str) and content else "\n".join(parts)
    calls = tuple(
        ToolCall(
            str(call.get("tool_call.function.name", "")),
            json_text(call.get("tool_call.function.arguments")),
            str(call["tool_call.id"]) if call.get("tool_call.id") else None,
        )
        for call in numbered(item, "message.tool_calls")
    )
    name, call_id = item.get("message.name"), item.get("message.tool_call_id")
    return Message(
        role=role_of(role) if isinstance(role, str) else "",
        content=text,
        name=name if isinstance(name, str) else None,
        tool_calls=calls,
        tool_call_id=call_id if isinstance(call_id, str) else None,
    )


FORMAT = OpenInferenceFormat()
