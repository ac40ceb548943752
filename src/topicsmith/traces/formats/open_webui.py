"""Open WebUI's and LibreChat's exports: chats with a history of messages that name their parents."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of
from topicsmith.traces.conversations.messages import trace_of
from topicsmith.traces.conversations.trees import branch, newest_branch


class OpenWebUIFormat:
    """``{"chat": {"history": {"currentId": ..., "messages": {...}}}}``; LibreChat's ``messages`` with ``messageId``."""

    name = "open_webui"
    order = 57

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A history of messages by their ids, or LibreChat's list."""
        if mapping(_history(row).get("messages")):
            return "has a 'history' of messages by their ids"
        messages = row.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        if isinstance(first, Mapping) and {"messageId", "isCreatedByUser"} <= first.keys():
            return "has 'messages' with 'messageId' and 'isCreatedByUser'"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row: the branch that was shown last."""
        for row in rows:
            identity = first_id(row.value, "id", "conversationId")
            path = _path(row.value)
            if path is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no history of messages", identity)
                continue
            yield trace_of(
                row,
                path,
                identity,
                metadata=rest_of(row.value, {"id", "chat", "messages", "history"}),
                time=first_text(row.value, "created_at", "createdAt", "timestamp"),
            )


def _history(row: Mapping[str, object]) -> Mapping[str, object]:
    return mapping(mapping(row.get("chat")).get("history")) or mapping(row.get("history"))


def _path(row: Mapping[str, object]) -> list[object] | None:
    history = _history(row)
    nodes = mapping(history.get("messages"))
    if nodes:
        return list(branch(nodes, first_id(history, "currentId", "current_id"), "parentId", "childrenIds"))
    listed = row.get("messages", mapping(row.get("chat")).get("messages"))
    return newest_branch(listed, "messageId", "parentMessageId", "createdAt") if isinstance(listed, list) else None


FORMAT = OpenWebUIFormat()
