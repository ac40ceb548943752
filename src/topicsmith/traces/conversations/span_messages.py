"""The messages of a span: by the GenAI conventions of OpenTelemetry, present and past, and by OpenInference."""

from collections.abc import Iterable, Mapping

from topicsmith.records import Message, ToolCall
from topicsmith.traces.conversations.attributes import flat, numbered
from topicsmith.traces.conversations.messages import json_text
from topicsmith.traces.conversations.payloads import answered, json_or_same, spoken
from topicsmith.traces.conversations.roles import role_of
from topicsmith.traces.conversations.spans import RawSpan, kind_of

_DETAILS = "gen_ai.client.inference.operation.details"
_EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_TALKS = {"LLM", "AGENT", "CHAIN"}
_INPUTS = (
    ("gen_ai.request.messages", "gen_ai.response.text"),
    ("ai.prompt.messages", "ai.response.text"),
    ("ai.prompt", "ai.response.text"),
    ("pydantic_ai.all_messages", ""),
    ("all_messages_events", ""),
    ("request_data", "response_data"),
    ("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"),
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("langfuse.observation.input", "langfuse.observation.output"),
    ("langfuse.trace.input", "langfuse.trace.output"),
    ("traceloop.entity.input", "traceloop.entity.output"),
    ("braintrust.input_json", "braintrust.output_json"),
    ("llm.request.messages", "llm.response.content"),
)
"""Where instrumentations keep what was asked and what was answered, when they do not follow the conventions: Sentry,
the Vercel AI SDK, Pydantic AI and Logfire, Google's ADK, MLflow, Langfuse's SDK, OpenLLMetry, Braintrust."""


def genai_messages(span: RawSpan) -> tuple[Message, ...]:
    """The messages of a GenAI span: attributes of the present conventions, the details event, older events, oldest."""
    places = [span.attributes, *(attributes for name, attributes in span.events if name in {_DETAILS, ""})]
    for place in places:
        if "gen_ai.input.messages" in place:
            return _present(place)
    return _older_events(span.events) or _event_list(span) or _oldest(span) or _vendors(span)


def _vendors(span: RawSpan) -> tuple[Message, ...]:
    for asked, answer in _INPUTS:
        if span.attributes.get(asked) is not None and (found := spoken(json_or_same(span.attributes[asked]))):
            return (*found, *answered(span.attributes.get(answer)))
    return ()


def _event_list(span: RawSpan) -> tuple[Message, ...]:
    """Logfire keeps the events of a call as a list in one attribute."""
    written = json_or_same(span.attributes.get("events"))
    events = [item for item in written if isinstance(item, Mapping)] if isinstance(written, list) else []
    return _older_events([(str(item.get("event.name", item.get("name"))), flat(item)) for item in events])


def _present(place: Mapping[str, object]) -> tuple[Message, ...]:
    system = spoken(json_or_same(place.get("gen_ai.system_instructions")), "system")
    asked = spoken(json_or_same(place["gen_ai.input.messages"]))
    return (*system, *asked, *spoken(json_or_same(place.get("gen_ai.output.messages")), "assistant"))


def _older_events(events: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[Message, ...]:
    """A message an event, as up to version 1.36."""
    found: list[Message] = []
    for name, attributes in events:
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


def openinference_messages(span: RawSpan) -> tuple[Message, ...]:
    """The messages of a model call; of the root of a trace what its input and output hold."""
    attributes = span.attributes
    asked = tuple(_message(item) for item in _listed(attributes, "llm.input_messages")) or _prompts(attributes)
    if asked:
        return (*asked, *(_message(item) for item in _listed(attributes, "llm.output_messages")))
    kind = (kind_of(span) or "").upper()
    if kind and kind not in _TALKS:
        return ()
    asked = spoken(json_or_same(attributes.get("input.value")))
    return (*asked, *spoken(json_or_same(attributes.get("output.value")), "assistant")) if asked else ()


def _prompts(attributes: Mapping[str, object]) -> tuple[Message, ...]:
    """The prompts of a completion that is no chat."""
    texts = [item.get("prompt.text") for item in numbered(attributes, "llm.prompts")]
    written = json_or_same(attributes.get("llm.prompts"))
    texts += [text for text in written if isinstance(text, str)] if isinstance(written, list) else []
    return tuple(Message("user", text) for text in texts if isinstance(text, str) and text)


def _listed(attributes: Mapping[str, object], name: str) -> list[dict[str, object]]:
    """Numbered attributes; or a data-frame cell written as JSON text."""
    found = numbered(attributes, name)
    if found or not isinstance(attributes.get(name), str):
        return found
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
