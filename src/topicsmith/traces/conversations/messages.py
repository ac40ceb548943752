"""Messages out of what the many dialects of chat logs write: parts, nulls, tool calls, other names for roles."""

import ast
from collections.abc import Iterable, Mapping, Sequence

import orjson

from topicsmith.records import Message, ToolCall
from topicsmith.traces.files.json_stream import parse_json
from topicsmith.traces.queries import is_machine_text

ROLES = {
    "human": "user", "user": "user", "humanmessage": "user",
    "gpt": "assistant", "assistant": "assistant", "ai": "assistant", "model": "assistant", "bot": "assistant",
    "chatbot": "assistant", "aimessage": "assistant", "aimessagechunk": "assistant", "function_call": "assistant",
    "tool_call": "assistant",
    "system": "system", "systemmessage": "system", "developer": "developer",
    "tool": "tool", "observation": "tool", "tool_response": "tool", "toolmessage": "tool", "ipython": "tool",
    "function": "function", "functionmessage": "function",
}  # fmt: skip
"""Names of roles in the wild, in lower case, and the role that each means."""

# tuples, since what a log holds where a name should be may have no hash
TEXT_PARTS = ("text", "input_text", "output_text", "markdown")
CALL_PARTS = ("tool_call", "tool_use", "function_call")
CALL_ROLES = {"function_call", "tool_call"}


class MalformedError(ValueError):
    """What should be messages is something else; the text says what."""


def role_of(name: object) -> str:
    """The role that ``name`` means; an unknown name is kept in lower case.

    Raises:
        MalformedError: when it is no text.
    """
    if not isinstance(name, str):
        raise MalformedError(f"a role is a {type(name).__name__}, where text was expected")
    return ROLES.get(name.lower(), name.lower())


def text_of(content: object) -> str:
    """The text of ``content``: a string, a list of parts, one part, or nothing. Other parts than text give none.

    Parts are joined by a line end. A part that only holds what a machine said is left out where other text remains.

    Raises:
        MalformedError: when it is none of these.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _part_text(content)
    if isinstance(content, Sequence):
        parts = [part for part in map(_part_text, content) if part]
        spoken = [part for part in parts if not is_machine_text(part)] if len(parts) > 1 else parts
        return "\n".join(spoken or parts)
    raise MalformedError(f"content is a {type(content).__name__}, where text or a list of parts was expected")


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise MalformedError(f"a content part is a {type(part).__name__}, where an object was expected")
    if part.get("type", "text") not in TEXT_PARTS:
        return ""
    text = part.get("text", part.get("content"))
    if isinstance(text, Mapping):  # the assistants' API writes {"text": {"value": ...}}
        text = text.get("value")
    return text if isinstance(text, str) else ""


def messages_of(value: object) -> tuple[Message, ...]:
    """The messages in ``value``: a list of objects, or JSON text of one; keys as OpenAI or ShareGPT write them.

    Raises:
        MalformedError: when it is something else.
    """
    if isinstance(value, str | bytes):
        value = _parsed(value)
    if isinstance(value, Mapping) or not isinstance(value, Sequence):
        raise MalformedError(f"messages are a {type(value).__name__}, where a list was expected")
    return tuple(message_of(item) for item in value)


def _parsed(text: str | bytes) -> object:
    try:
        return parse_json(text)
    except RecursionError:
        raise MalformedError("messages nest too deeply") from None
    except ValueError as exc:
        raise MalformedError(f"messages are text but no JSON ({exc})") from None


def message_of(item: object) -> Message:
    """One message.

    Raises:
        MalformedError: when it is no object with a role.
    """
    if not isinstance(item, Mapping):
        raise MalformedError(f"a message is a {type(item).__name__}, where an object was expected")
    written = item.get("role", item.get("from"))
    if written is None:
        raise MalformedError("a message has neither 'role' nor 'from'")
    role = role_of(written)
    content = text_of(item.get("content", item.get("value")))
    calls = tuple(_calls(item))
    if isinstance(written, str) and written.lower() in CALL_ROLES:
        calls, content = (*calls, call_in_text(content)), ""
    return Message(
        role=role,
        content=content,
        name=_text_or_none(item.get("name")),
        tool_calls=calls,
        reasoning=_text_or_none(item.get("reasoning_content")) or _text_or_none(item.get("reasoning")),
        tool_call_id=_text_or_none(item.get("tool_call_id")),
    )


def _calls(item: Mapping[str, object]) -> Iterable[ToolCall]:
    legacy = item.get("function_call")
    if isinstance(legacy, Mapping):
        yield ToolCall(str(legacy.get("name", "")), json_text(legacy.get("arguments")))
    content = item.get("content")
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
    for read in (parse_json, ast.literal_eval):
        try:
            value = read(text[:1_000_000])
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
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
