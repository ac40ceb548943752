"""Lists in their wrappings: pages of an API, exports with a list of rows inside, conversations as bare lists."""

from collections.abc import Mapping

from topicsmith.traces.conversations.fields import conversation_of
from topicsmith.traces.conversations.messages import is_message

WRAPPERS = (
    "data", "runs", "traces", "observations", "rows", "items", "results", "result", "records", "conversations", "chats",
    "logs", "calls", "sessions", "threads", "value", "values", "hits", "entries", "events", "documents", "docs",
    "objects", "list", "response", "messages", "spans", "requests", "dialogues", "dialogs", "content",
)  # fmt: skip
"""Keys under which an API's answer or an export may hold its list of rows."""

_ROWS_OWN = (
    "input", "inputs", "messages", "conversation", "mapping", "chat_messages", "contents", "prompt", "text", "query",
    "question", "role", "traceID", "traceId", "trace_id", "resourceSpans", "resourceLogs", "resource_spans", "batches",
    "trace", "info", "chat", "history", "model", "body", "request", "params", "method", "run_type", "op_name",
    "channel_values", "schemaType", "projectId",
)  # fmt: skip
"""Keys of which a row has one of its own, and a page around rows has none."""

_OF_ONE = frozenset({"messages", "content", "events", "spans", "values"})
"""Wrappers whose list may as well be the messages or steps of one conversation."""

_DEPTH = 2
_LOOKED_AT = 20


def unwrapped(value: Mapping[str, object], depth: int = _DEPTH) -> list[object] | None:
    """The list of rows that ``value`` is wrapped around; ``None`` where it is a row itself."""
    if isinstance(value.get("_source"), Mapping) and ("_id" in value or "_index" in value):  # a search engine's hit
        return [value["_source"]]
    for key in WRAPPERS:
        inside = value.get(key)
        if not isinstance(inside, list | dict) or not inside or not _is_page(value, key):
            continue
        if isinstance(inside, dict):
            found = unwrapped(inside, depth - 1) if depth else None
            if found is not None:
                return found
        elif _are_rows(inside, key):
            return [_source(item) for item in inside]
    return None


def holds_rows(key: str) -> bool:
    """Whether the list under ``key`` may be one of rows, not the messages or steps of one conversation."""
    return key in WRAPPERS and key not in _OF_ONE


def is_of_row(key: str) -> bool:
    """Whether only rows have ``key``, and no page around rows."""
    return key in _ROWS_OWN


def _is_page(value: Mapping[str, object], key: str) -> bool:
    return not any(name in value and name != key for name in _ROWS_OWN)


def _are_rows(items: list[object], key: str) -> bool:
    """Whether ``items`` are rows: objects, which under the names of turns are no messages of one conversation."""
    seen = items[:_LOOKED_AT]
    if not all(isinstance(item, Mapping) for item in seen):
        return False
    if key in {"data", "items", "value", "results", "list"}:  # a page may hold the messages of one conversation
        return True
    if key == "spans" and all(_names_trace(item) for item in seen if isinstance(item, Mapping)):
        return True
    if key in _OF_ONE or key == "conversations":
        named = all(isinstance(item, Mapping) and conversation_of(item) is not None for item in seen)
        return named or (not any(map(is_message, seen)) and key not in {"content", "spans"})
    return True


def _names_trace(item: Mapping[str, object]) -> bool:
    return any(name in item for name in ("trace_id", "traceId", "traceID", "context"))


def _source(item: object) -> object:
    """The document itself, where a search engine wraps each hit."""
    if isinstance(item, Mapping) and isinstance(item.get("_source"), Mapping):
        return item["_source"]
    return item


def conversation_in(items: list[object]) -> list[object] | None:
    """``items`` where they are the messages of one conversation, which no column says to be several."""
    if not items or not all(is_bare_message(item) for item in items):
        return None
    return items


def is_bare_message(item: object) -> bool:
    """Whether ``item`` is a message that names no conversation of its own."""
    return is_message(item) and not (isinstance(item, Mapping) and conversation_of(item) is not None)
