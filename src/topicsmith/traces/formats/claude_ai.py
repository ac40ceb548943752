"""Claude.ai's export: ``conversations.json`` with ``chat_messages``."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, rest_of
from topicsmith.traces.conversations.messages import trace_of
from topicsmith.traces.conversations.trees import newest_branch


class ClaudeAIFormat:
    """``{"uuid": ..., "name": ..., "chat_messages": [{"sender": "human", "text": ..., "content": [...]}]}``."""

    name = "claude_ai"
    order = 56

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The list that only this export has."""
        return "has 'chat_messages'" if isinstance(row.get("chat_messages"), list) else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row: the newest branch, where a question was edited."""
        for row in rows:
            written = row.value.get("chat_messages")
            identity = first_id(row.value, "uuid", "id")
            if not isinstance(written, list):
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'chat_messages'", identity)
                continue
            path = newest_branch(written, "uuid", "parent_message_uuid", "created_at")
            yield trace_of(
                row,
                [_said(message) for message in path],
                identity,
                metadata=rest_of(row.value, {"uuid", "chat_messages", "account"}),
                time=first_text(row.value, "created_at"),
            )


def _said(message: object) -> object:
    """A message whose parts are empty says what stands in ``text``, as older exports have it."""
    if isinstance(message, Mapping) and not message.get("content") and message.get("text"):
        return {**message, "content": message["text"]}
    return message


FORMAT = ClaudeAIFormat()
