"""ChatGPT's own export: ``conversations.json``, a tree of messages for each conversation."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of
from topicsmith.traces.conversations.messages import MalformedError, is_message, message_of
from topicsmith.traces.conversations.trees import branch


class ChatGPTFormat:
    """``{"mapping": {id: {"message": ..., "parent": ..., "children": [...]}}, "current_node": id, ...}``."""

    name = "chatgpt"
    order = 55

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A mapping whose nodes have messages and parents."""
        nodes = mapping(row.get("mapping"))
        is_tree = bool(nodes) and all(
            isinstance(n, Mapping) and {"message", "parent"} & n.keys() for n in nodes.values()
        )
        return "has a tree 'mapping' of messages" if is_tree else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row: the branch that was shown last; what is hidden from the user is left out."""
        for row in rows:
            nodes = mapping(row.value.get("mapping"))
            identity = first_id(row.value, "conversation_id", "id")
            if not nodes:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'mapping'", identity)
                continue
            path = branch(nodes, first_id(row.value, "current_node"), "parent", "children")
            yield Trace(
                trace_id=identity or "",
                messages=tuple(_messages(path)),
                metadata=rest_of(row.value, {"mapping", "id", "conversation_id"}),
                source=row.source,
                row=row.number,
                time=first_text(row.value, "create_time"),
            )


def _messages(path: Iterable[Mapping[str, object]]) -> Iterator[Message]:
    for node in path:
        message = mapping(node.get("message"))
        hidden = mapping(message.get("metadata")).get("is_visually_hidden_from_conversation")
        if (
            is_message(message)
            and not hidden
            and mapping(message.get("content")).get("content_type") != "user_editable_context"
        ):
            try:
                yield message_of(message)
            except MalformedError:
                continue


FORMAT = ChatGPTFormat()
