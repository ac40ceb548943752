"""OpenAI chat JSON lines: ``messages``, alone or inside logged request and response pairs."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import first_text, rest_of
from topicsmith.traces.conversations.messages import MalformedError, message_of, messages_of

_REQUESTS = ("request", "body", "input", "kwargs")
_RESPONSES = ("response", "output")


class OpenAIFormat:
    """``{"messages": [...]}`` as for fine-tuning, and ``{"request": {"messages": ...}, "response": ...}`` as logged."""

    name = "openai"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A list of messages with roles, at the top or in a request."""
        for place, value in _places(row):
            if isinstance(value, list) and value and all(isinstance(item, dict) and "role" in item for item in value):
                return f"has a list '{place}' with roles"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace a row."""
        for row in rows:
            places = list(_places(row.value))
            if not places:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'messages', at the top or in a request")
                continue
            try:
                messages = (*messages_of(places[0][1]), *_answers(row.value))
            except MalformedError as exc:
                yield Dropped(row.source, row.number, WRONG_TYPE, str(exc))
                continue
            identity = first_text(row.value, "id", "trace_id", "conversation_id", "custom_id", "request_id", "uuid")
            yield Trace(
                trace_id=identity or "",
                messages=messages,
                metadata=rest_of(row.value, {"id", "messages", "tools", "functions", *_REQUESTS, *_RESPONSES}),
                source=row.source,
                row=row.number,
                time=first_text(row.value, "timestamp", "created_at", "created", "time"),
            )


def _places(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    if "messages" in row:
        yield "messages", row["messages"]
    for key in _REQUESTS:
        inside = row.get(key)
        body = inside.get("body") if isinstance(inside, dict) and "messages" not in inside else inside
        if isinstance(body, dict) and "messages" in body:
            yield f"{key}.messages", body["messages"]


def _answers(row: Mapping[str, object]) -> tuple[Message, ...]:
    """The assistant's message of a logged response, where the row has one."""
    for key in _RESPONSES:
        inside = row.get(key)
        body = inside.get("body", inside) if isinstance(inside, dict) else None
        choices = body.get("choices") if isinstance(body, dict) else None
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            message = choices[0].get("message")
            return (message_of(message),) if isinstance(message, dict) and "role" in message else ()
    return ()


FORMAT = OpenAIFormat()
