"""Chat requests as OpenAI and Anthropic take them: ``messages``, alone or in envelopes of logs and batches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NO_TALK, NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import conversation_of, first_id, first_text, rest_of, session_of
from topicsmith.traces.conversations.messages import trace_of
from topicsmith.traces.conversations.requests import ENVELOPES, answers, bodies, listed, not_talk
from topicsmith.traces.conversations.sessions import Conversations
from topicsmith.traces.conversations.turns import Turns, is_turn

_LISTS = (
    "messages", "prompt", "chat", "conversation", "conversations", "dialogue", "dialog", "turns", "transcript",
    "chat_history", "history", "all_messages", "conversation_a", "chosen", "events",
)  # fmt: skip
_IDS = (
    "id",
    "trace_id",
    "conversation_id",
    "custom_id",
    "request_id",
    "requestId",
    "uuid",
    "databricks_request_id",
    "key",
)
_TIMES = ("timestamp", "created_at", "created", "time", "startTime", "start_time", "request_created_at", "timestamp_ms")


class OpenAIFormat:
    """``{"messages": [...]}`` as for fine-tuning, and ``{"request": {"messages": ...}, "response": ...}`` as logged."""

    name = "openai"
    order = 90
    mixes = True

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A list of messages with roles, at the top or in a request."""
        place = next((place for place, value in _places(row) if listed(value) is not None), None)
        return None if place is None else f"has a list '{place}' with roles"

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row; rows that name a session or conversation are joined by it, after the last row."""
        conversations, turns = Conversations(), Turns()
        for row in rows:
            result = _trace(row)
            if result is None and is_turn(row.value) and conversation_of(row.value) is not None:
                result = turns.offer(row)
                if result is None:
                    continue
            if result is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'messages', at the top or in a request")
            elif isinstance(result, Trace) and (session := session_of(row.value)) is not None:
                named = {"request_id": result.trace_id} if result.trace_id else {}
                conversations.join(replace(result, metadata={**result.metadata, **named}), session)
            else:
                yield result
        yield from conversations.traces()
        yield from turns.traces()


def _trace(row: Row) -> Trace | Dropped | None:
    places = list(_places(row.value))
    chosen = next((value for _, value in places if listed(value) is not None), places[0][1] if places else None)
    if chosen is None:
        return None
    if (other := not_talk(row.value)) is not None:
        return Dropped(row.source, row.number, NO_TALK, other, first_id(row.value, *_IDS))
    used = {"id", *_LISTS, "tools", "functions", *(key for key in ENVELOPES if not isinstance(row.value.get(key), str))}
    return trace_of(
        row,
        chosen,
        first_id(row.value, *_IDS),
        metadata=rest_of(row.value, used),
        time=first_text(row.value, *_TIMES),
        after=answers(row.value),
    )


def _places(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for place, body in bodies(row):
        for key in _LISTS:
            value = body.get(key)
            if value is not None and (key == "messages" or listed(value) is not None):
                yield f"{place}{key}", value


FORMAT = OpenAIFormat()
