"""What a tracer logged as the input or output of a step: messages in many wrappings, or plain text."""

import re
from collections.abc import Mapping

from topicsmith.records import Message
from topicsmith.traces.conversations.messages import ROLES, MalformedError, message_of, text_of
from topicsmith.traces.files.json_stream import parse_json

_LISTS = ("messages", "input", "inputs", "history", "chat_history", "prompt")
_TEXTS = ("input", "question", "query", "prompt", "text", "message", "content", "user_input", "user_message", "task")
_LOOKS_LIKE_JSON = re.compile(r'\s*[\[{"]')
_DEPTH = 6


def spoken(value: object, role: str = "user", depth: int = _DEPTH) -> tuple[Message, ...]:
    """The messages that ``value`` holds; text that stands alone was said by ``role``. Nothing where there is none.

    Understood: a list of messages (also inside another list), an object with such a list or a text under one of the
    usual names, an object that is a message, LangChain's serialised messages, a decorator's ``args`` and ``kwargs``,
    JSON text of any of these, and text.
    """
    if depth == 0:
        return ()
    if isinstance(value, str):
        inner = _parsed(value)
        return spoken(inner, role, depth - 1) if inner is not None else (Message(role, value),) if value else ()
    if isinstance(value, list):
        return _of_list(value, role, depth)
    if isinstance(value, Mapping):
        return _of_mapping(value, role, depth)
    return ()


def _parsed(text: str) -> object:
    if not _LOOKS_LIKE_JSON.match(text):
        return None
    try:
        value = parse_json(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | Mapping) or (isinstance(value, str) and value != text) else None


def json_or_same(value: object) -> object:
    """The object or list that ``value`` writes as JSON text, as cells of a CSV file do; otherwise ``value``."""
    return (_parsed(value) or value) if isinstance(value, str) else value


def _of_list(items: list[object], role: str, depth: int) -> tuple[Message, ...]:
    if len(items) == 1 and isinstance(items[0], list):
        return spoken(items[0], role, depth - 1)
    found: list[Message] = []
    for item in items:
        message = _message(item)
        if message is not None:
            found.append(message)
    if not found and items and all(isinstance(item, str) for item in items):
        return spoken(items[0], role, depth - 1)
    if not found and all(isinstance(item, Mapping) and {"text", "content"} & item.keys() for item in items):
        text = text_of(items)
        return (Message(role, text),) if text else ()
    return tuple(found)


def _of_mapping(value: Mapping[str, object], role: str, depth: int) -> tuple[Message, ...]:
    message = _message(value)
    if message is not None:
        return (message,)
    for key in _LISTS:
        if isinstance(value.get(key), list | Mapping) and (found := spoken(value[key], role, depth - 1)):
            return found
    for key in _TEXTS:
        if isinstance(value.get(key), str) and value[key]:
            return spoken(value[key], role, depth - 1)
    arguments = value.get("args"), value.get("kwargs")
    for part in arguments:
        if part and (found := spoken(part, role, depth - 1)):
            return found
    return ()


def _message(item: object) -> Message | None:
    """``item`` as a message, where it is one: with a role, or as LangChain writes it."""
    if not isinstance(item, Mapping):
        return None
    if isinstance(item.get("kwargs"), Mapping) and isinstance(item.get("id"), list) and item["id"]:
        item = {"type": str(item["id"][-1]), **item["kwargs"]}
    elif isinstance(item.get("data"), Mapping) and "content" in item["data"]:  # LangChain's message_to_dict
        item = {"type": item.get("type"), **item["data"]}
    if "role" not in item and str(item.get("type")).lower() in ROLES and "content" in item:
        item = {**item, "role": item["type"]}
    if not isinstance(item.get("role"), str) or not {"content", "parts", "tool_calls"} & item.keys():
        return None
    if "content" not in item and "parts" in item:
        item = {**item, "content": item["parts"]}
    try:
        return message_of(item)
    except MalformedError:
        return None


def answered(value: object) -> tuple[Message, ...]:
    """What the model answered: the messages of a logged output, of whatever wrapping."""
    value = json_or_same(value)
    if isinstance(value, Mapping):
        for key in ("choices", "generations"):
            inside = value.get(key)
            while isinstance(inside, list) and inside:
                inside = inside[0]
            if isinstance(inside, Mapping) and "message" in inside:
                return spoken(inside["message"], "assistant")
            if isinstance(inside, Mapping) and isinstance(inside.get("text"), str):
                return (Message("assistant", str(inside["text"])),)
        if isinstance(value.get("output"), str | list | Mapping):
            return spoken(value["output"], "assistant")
    return spoken(value, "assistant")
