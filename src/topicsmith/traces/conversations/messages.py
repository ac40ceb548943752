"""Messages out of what the many dialects of chat logs write: parts, nulls, tool calls, other names for roles."""

import re
from collections.abc import Iterable, Mapping, Sequence

import orjson

from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.base import WRONG_TYPE, Row
from topicsmith.traces.conversations.instants import TIMES, instant
from topicsmith.traces.conversations.literals import parse_literal
from topicsmith.traces.conversations.roles import known_role, role_of, written_role
from topicsmith.traces.files.json_stream import parse_json
from topicsmith.traces.machine_text import is_machine_text

# tuples, since what a log holds where a name should be may have no hash
TEXT_PARTS = ("text", "input_text", "output_text", "markdown", "multimodal_text")
CALL_PARTS = ("tool_call", "tool_use", "function_call")
CALL_ROLES = {"function_call", "tool_call"}
CONTENTS = ("content", "value", "parts", "text", "message", "utterance", "body", "blocks", "contents")
"""Fields that hold what a message says, the usual one first."""

_MAY_BE_NULL = ("content", "tool_calls", "function_call")
_PARTS_AS_TEXT = re.compile(r"\s*\[\s*\{\s*[\"'](?:type|text|content)[\"']\s*:")
_NO_WORDS = ("tool_result", "tool_use", "reasoning", "thinking", "image_url", "image", "file", "refusal")


class MalformedError(ValueError):
    """What should be messages is something else; the text says what."""


def text_of(content: object) -> str:
    """The text of ``content``: a string, a list of parts, one part, or nothing. Other parts than text give none.

    Parts are joined by a line end. A part that only holds what a machine said is left out where other text remains.
    Parts that were written as JSON text, or as a Python literal, are read as parts.

    Raises:
        MalformedError: when it is none of these.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        written = _parts_in_text(content)
        return content if written is None else text_of(written)
    if isinstance(content, Mapping):
        return _part_text(content)
    if isinstance(content, Sequence):
        parts = [part for part in map(_part_text, content) if part]
        spoken = [part for part in parts if not is_machine_text(part)] if len(parts) > 1 else parts
        return "\n".join(spoken or parts)
    raise MalformedError(f"content is a {type(content).__name__}, where text or a list of parts was expected")


def _parts_in_text(text: str) -> list[object] | None:
    if not _PARTS_AS_TEXT.match(text):
        return None
    value = parse_literal(text)
    typed = isinstance(value, list) and all(_is_part(item) for item in value)
    return value if typed and isinstance(value, list) else None


def _is_part(item: object) -> bool:
    if not isinstance(item, Mapping):
        return False
    kind = item.get("type")
    return kind in TEXT_PARTS or kind in CALL_PARTS or kind in _NO_WORDS or item.keys() == {"text"}


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise MalformedError(f"a content part is a {type(part).__name__}, where an object was expected")
    inside = part.get("parts")
    if isinstance(inside, list):  # ChatGPT's export, Mastra: content as an object with parts
        return text_of(inside)
    if part.get("type", "text") not in TEXT_PARTS:
        spoken = part.get("transcript")  # what was said, where a part is sound
        return spoken if isinstance(spoken, str) else ""
    text = part.get("text", part.get("content"))
    if isinstance(text, Mapping):  # the assistants' API writes {"text": {"value": ...}}
        text = text.get("value")
    return text if isinstance(text, str) else ""


def messages_of(value: object) -> tuple[Message, ...]:
    """The messages in ``value``: a list of them, or JSON text of one, twice encoded or a Python literal too.

    Messages that carry times are put in order of time where the log has the newest first.

    Raises:
        MalformedError: when it is something else.
    """
    if isinstance(value, str | bytes):
        value = _parsed(value)
    if isinstance(value, Mapping):
        inside = next((value[key] for key in ("messages", "conversation") if isinstance(value.get(key), list)), None)
        value = value if inside is None else inside
    if isinstance(value, Mapping) or not isinstance(value, Sequence):
        raise MalformedError(f"messages are a {type(value).__name__}, where a list was expected")
    return tuple(message_of(item) for item in in_order(value))


def trace_of(
    row: Row,
    written: object,
    identity: str | None,
    *,
    metadata: Mapping[str, object],
    time: str | None = None,
    size: int | None = None,
    before: Sequence[Message] = (),
    after: Sequence[Message] = (),
) -> Trace | Dropped:
    """The trace whose messages are ``written`` in ``row``, with others before and after them; or why it is none."""
    try:
        messages = messages_of(written)
    except MalformedError as exc:
        return Dropped(row.source, row.number, WRONG_TYPE, str(exc), identity)
    return Trace(
        trace_id=identity or "",
        messages=(*before, *messages, *after),
        metadata=metadata,
        source=row.source,
        row=row.number,
        time=time,
        size=size,
    )


def in_order(items: Sequence[object]) -> Sequence[object]:
    """``items`` by their times, where every one has a time and they do not stand in that order already."""
    for name in TIMES:
        if items and isinstance(items[0], Mapping) and items[0].get(name) is not None:
            moments = [instant(item.get(name)) if isinstance(item, Mapping) else None for item in items]
            known = [moment for moment in moments if moment is not None]
            if len(known) < len(moments) or known == sorted(known):
                return items
            newest_first = known == sorted(known, reverse=True)
            numbered = list(enumerate(items))
            numbered.sort(key=lambda pair: (known[pair[0]], -pair[0] if newest_first else pair[0]))
            return [item for _, item in numbered]
    return items


def _parsed(text: str | bytes) -> object:
    try:
        value = parse_json(text)
    except RecursionError:
        raise MalformedError("messages nest too deeply") from None
    except ValueError as exc:
        value = parse_literal(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        if value is None:
            raise MalformedError(f"messages are text but no JSON ({exc})") from None
    return _parsed(value) if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") and value != text else value


def unwrapped(item: object) -> object:
    """``item`` as a plain message, where LangChain serialised it, or a log keeps it under ``message``."""
    if isinstance(item, list | tuple) and len(item) == 2 and known_role(item[0]):  # LangChain's [role, text]
        return {"role": item[0], "content": item[1]}
    if not isinstance(item, Mapping):
        return item
    kwargs, names = item.get("kwargs"), item.get("id")
    if isinstance(kwargs, Mapping) and isinstance(names, list) and names:
        return {**kwargs, "role": kwargs.get("type", names[-1])}
    data = item.get("data")
    if isinstance(data, Mapping) and "content" in data and known_role(item.get("type")):  # message_to_dict
        return {**data, "role": item["type"]}
    inner = item.get("message")
    if isinstance(inner, Mapping) and (written_role(inner) is not None or any(name in item for name in CONTENTS)):
        return {**inner, **({"role": written_role(item)} if written_role(inner) is None else {})}
    return item


def is_message(item: object) -> bool:
    """Whether ``item`` says who speaks, by a known name, and what."""
    item = unwrapped(item)
    if not isinstance(item, Mapping):
        return False
    says = _content(item) is not None or any(name in item for name in _MAY_BE_NULL)
    return says and known_role(written_role(item)) is not None


def message_of(item: object) -> Message:
    """One message.

    Raises:
        MalformedError: when it is no object with a role.
    """
    item = unwrapped(item)
    if not isinstance(item, Mapping):
        raise MalformedError(f"a message is a {type(item).__name__}, where an object was expected")
    written = written_role(item)
    if written is None:
        raise MalformedError("a message has neither 'role' nor 'from'")
    if not isinstance(written, str):
        raise MalformedError(f"a role is a {type(written).__name__}, where text was expected")
    content = text_of(_content(item))
    calls = tuple(_calls(item))
    if written.lower() in CALL_ROLES:
        calls, content = (*calls, call_in_text(content)), ""
    return Message(
        role=role_of(written),
        content=content,
        name=_text_or_none(item.get("name")),
        tool_calls=calls,
        reasoning=_text_or_none(item.get("reasoning_content")) or _text_or_none(item.get("reasoning")),
        tool_call_id=_text_or_none(item.get("tool_call_id")),
    )


def _content(item: Mapping[str, object]) -> object:
    return next((item[name] for name in CONTENTS if item.get(name) is not None), None)


def _calls(item: Mapping[str, object]) -> Iterable[ToolCall]:
    legacy = item.get("function_call")
    if isinstance(legacy, Mapping):
        yield ToolCall(str(legacy.get("name", "")), json_text(legacy.get("arguments")))
    content = _content(item)
    for part in content if isinstance(content, list) else []:
        if isinstance(part, Mapping) and part.get("type") in CALL_PARTS:
            arguments = part.get("arguments", part.get("input"))
            yield ToolCall(str(part.get("name", "")), json_text(arguments), _text_or_none(part.get("id")))
    calls = item.get("tool_calls")
    if isinstance(calls, Sequence) and not isinstance(calls, str | bytes):
        for call in calls:
            if isinstance(call, Mapping):
                inner = call.get("function")
                function = inner if isinstance(inner, Mapping) else call
                arguments = function.get("arguments", function.get("args"))
                yield ToolCall(str(function.get("name", "")), json_text(arguments), _text_or_none(call.get("id")))


def call_in_text(text: str) -> ToolCall:
    """The tool call that ``text`` writes as JSON or as a Python literal; the whole text where it is neither."""
    value = parse_literal(text[:1_000_000])
    if isinstance(value, Mapping):
        return ToolCall(str(value.get("name", "")), json_text(value.get("arguments")))
    return ToolCall("", text)


def json_text(value: object) -> str:
    """``value`` as JSON text; a string is taken to be that already."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a lone surrogate, a number beyond 64 bits, or too deep for orjson
        return repr(value)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
