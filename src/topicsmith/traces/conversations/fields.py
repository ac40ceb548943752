"""The fields of a row: by the names they go by, ids that are none, which conversation is named, what is left over."""

import re
from collections.abc import Collection, Mapping

_NO_ID = frozenset(
    {"", "none", "null", "undefined", "nan", "nil", "n/a", "na", "<na>", "nat", "\\n", "[object object]"}
)
_BETWEEN = re.compile(r"[_\-. ]")
_ZEROS = re.compile(r"[0-]{8,}|A{21}[A=]{0,3}")
_CONVERSATIONS = (
    "conversation_id", "conversationId", "conversation", "session_id", "sessionId", "session", "thread_id", "threadId",
    "thread", "chat_id", "chatId", "chat", "dialogue_id", "dialog_id", "dialogueId", "message_tree_id", "conv_id",
    "convId", "ticket_id", "case_id", "trace_id", "traceId", "room_id", "channel_id", "group_id", "conversation_hash",
    "call_id", "interaction_id", "topic_id",
)  # fmt: skip
"""Columns that name the conversation a message belongs to, the most telling first."""

_SESSIONS = ("session_id", "sessionId", "conversation_id", "conversationId", "thread_id", "threadId", "chat_id")
"""Those that a whole request has, too: its own trace or ticket is not what joins it to others."""

_ABOUT = ("metadata", "meta", "context", "attributes", "properties", "extra", "request_properties", "tags")


def first_text(row: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields ``names`` that holds text, a number or a time, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None and hasattr(value, "isoformat"):
            return str(value.isoformat())
    return None


def first_id(row: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields ``names`` that holds an id.

    Words that programs write where there is none (``None``, ``undefined``, ``nan``, ids of zeros only) are no id.
    """
    for name in names:
        written = first_text({name: row.get(name)}, name)
        if written is not None and is_id(written):
            return written.strip()
    return None


def is_id(written: str) -> bool:
    """Whether ``written`` names something, and is not a program's word for nothing."""
    return written.strip().casefold() not in _NO_ID and not _ZEROS.fullmatch(written.strip())


def form_of(name: object) -> str:
    """The form in which spellings of a field's name are the same: no case, no signs between words.

    >>> form_of("Conversation_ID"), form_of("conversationId")
    ('conversationid', 'conversationid')
    """
    return _BETWEEN.sub("", str(name)).casefold()


def rest_of(row: Mapping[str, object], used: Collection[str]) -> dict[str, object]:
    """The fields of ``row`` that are not ``used`` and hold something."""
    return {key: value for key, value in row.items() if key not in used and value is not None}


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def conversation_of(row: Mapping[str, object]) -> str | None:
    """The conversation that a message names: by a column, in whatever spelling, or in its metadata.

    A column may hold an object with an ``id``.
    """
    return _named(row, _CONVERSATIONS)


def session_of(row: Mapping[str, object]) -> str | None:
    """The session or conversation that a logged request names, in the same places."""
    return _named(row, _SESSIONS)


def is_conversation_column(name: str) -> bool:
    """Whether a column called ``name`` names conversations."""
    return form_of(name) in set(map(form_of, _CONVERSATIONS))


def _named(row: Mapping[str, object], names: Collection[str], *, inside: bool = False) -> str | None:
    found = first_id(row, *names)
    if found is not None:
        return found
    forms = set(map(form_of, names))
    for key, value in row.items():
        is_name = _form(key) in forms
        if isinstance(value, Mapping):
            found = _named(value, names, inside=True) if key in _ABOUT and not inside else None
            found = found or (first_id(value, "id", "uuid") if is_name else None)
        elif is_name:
            found = first_id(row, key)
        if found is not None:
            return found
    return None


def _form(key: object) -> str:
    return form_of(key).removeprefix("helicone")
