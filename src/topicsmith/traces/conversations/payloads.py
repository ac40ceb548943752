"""What a tracer logged as the input or output of a step: messages in many wrappings, or plain text."""

import re
from collections.abc import Mapping, Sequence

from topicsmith.records import Message
from topicsmith.traces.conversations.fields import form_of
from topicsmith.traces.conversations.literals import mended, parse_literal
from topicsmith.traces.conversations.messages import MalformedError, in_order, is_message, message_of, text_of

_LISTS = (
    "messages", "contents", "input", "inputs", "history", "chat_history", "prompt", "conversation", "turns", "state",
    "values", "channel_values", "request", "body", "params", "data", "payload", "json", "sys", "event",
)  # fmt: skip
_TEXTS = (
    "input", "question", "query", "prompt", "text", "message", "content", "userinput", "usermessage", "userquery",
    "userprompt", "userquestion", "humaninput", "chatinput", "inputtext", "inputvalue", "inputs", "messages",
    "contents", "usertext", "utterance", "ask", "request", "searchquery", "originalquery", "task", "instruction", "q",
)  # fmt: skip
"""Keys under which applications keep what the user wrote, in lower case without ``_``, the most telling first."""

_NOT_WORDS = re.compile(
    r"(?:.*(?:id|ids|uuid|key|token|session|thread|user|lang|language|locale|model|name|type|mode|role|status|url|uri|"
    r"version|time|date|timestamp|email|env|environment|channel|region|currency|format|source|tenant|stream|config|"
    r"systeminstruction|system|temperature))",
)
_LOOKS_LIKE_JSON = re.compile(r'\s*[\[{("]')
_LOOKS_LIKE_MESSAGES = re.compile(
    r"\s*[\[{(][\s\[{(]*[\"'](?:role|content|messages|contents|type|parts|from|kwargs|lc|author|sender|inputs?)[\"']\s*:"
)
_DEPTH = 8


def spoken(value: object, role: str = "user", depth: int = _DEPTH) -> tuple[Message, ...]:
    """The messages that ``value`` holds; text that stands alone was said by ``role``. Nothing where there is none.

    Understood: a list of messages (also inside another list), an object with such a list or a text under one of the
    usual names, an object that is a message, LangChain's serialised messages and pairs, Gemini's contents, a
    decorator's ``args`` and ``kwargs``, JSON text or a Python literal of any of these, and text. Of messages written
    as text that was cut off those that are whole are read. Other text is what somebody wrote, JSON or not.
    """
    if depth == 0:
        return ()
    if isinstance(value, str):
        return _of_text(value, role, depth)
    if isinstance(value, list | tuple):
        return _of_list(list(value), role, depth)
    if isinstance(value, Mapping):
        return _of_mapping(value, role, depth)
    return ()


def _of_text(text: str, role: str, depth: int) -> tuple[Message, ...]:
    inner = json_or_same(text)
    if inner is not text:
        found = spoken(inner, role, depth - 1)
        if found or _LOOKS_LIKE_MESSAGES.match(text):
            return found
    elif _LOOKS_LIKE_MESSAGES.match(text):
        return spoken(mended(text), role, depth - 1)
    return (Message(role, text),) if text else ()


def json_or_same(value: object) -> object:
    """The object or list that ``value`` writes as JSON text or as a Python literal, as cells of a CSV file do.

    Twice encoded text is read twice. What is neither is returned as it is.
    """
    if not isinstance(value, str) or not _LOOKS_LIKE_JSON.match(value):
        return value
    inner = parse_literal(value)
    if isinstance(inner, str) and inner != value:
        again = json_or_same(inner)
        return value if isinstance(again, str) else again
    return inner if inner and isinstance(inner, list | Mapping) else value


def _of_list(items: list[object], role: str, depth: int) -> tuple[Message, ...]:
    if len(items) == 1 and isinstance(items[0], list | tuple) and not is_message(items[0]):
        return spoken(items[0], role, depth - 1)
    found = [message for item in in_order(items) if (message := _message(item)) is not None]
    if found or not items:
        return tuple(found)
    if all(isinstance(item, str) for item in items):
        return spoken(items[0], role, depth - 1)
    if _all_have(items, ("text", "content", "parts")):
        text = "\n".join(filter(None, map(_text, items)))
        return (Message(role, text),) if text else ()
    return spoken(items[0], role, depth - 1) if _all_have(items, _LISTS) else ()


def _all_have(items: Sequence[object], names: Sequence[str]) -> bool:
    """Whether all of ``items`` are objects with a field of ``names``."""
    return all(isinstance(item, Mapping) and not item.keys().isdisjoint(names) for item in items)


def _text(item: object) -> str:
    try:
        return text_of(item)
    except MalformedError:
        return ""


def _of_mapping(value: Mapping[str, object], role: str, depth: int) -> tuple[Message, ...]:
    message = _message(value)
    if message is not None:
        return (message,)
    for key in _LISTS:
        inside = value.get(key)
        if isinstance(inside, str) and _LOOKS_LIKE_MESSAGES.match(inside):
            inside = json_or_same(inside)
        if isinstance(inside, list | tuple | Mapping) and (found := spoken(inside, role, depth - 1)):
            return found
    by_form = {form_of(key): item for key, item in value.items()}
    for form in _TEXTS:
        if isinstance(by_form.get(form), str) and by_form[form]:
            return spoken(by_form[form], role, depth - 1)
    if "args" in value or "kwargs" in value:
        return _of_call(value, role, depth)
    return _only_text(by_form, role, depth)


def _of_call(value: Mapping[str, object], role: str, depth: int) -> tuple[Message, ...]:
    """What a decorated function was called with: named arguments first, of the others messages or the longest text."""
    named, others = value.get("kwargs"), value.get("args")
    if isinstance(named, Mapping) and any(form_of(key) in _TEXTS or key in _LISTS for key in named):
        found = spoken(named, role, depth - 1)
        if found:
            return found
    listed = list(others) if isinstance(others, list | tuple) else [others] if others else []
    for item in listed:
        if not isinstance(item, str) and (found := spoken(item, role, depth - 1)):
            return found
    texts = [item for item in listed if isinstance(item, str) and item]
    if texts:
        return spoken(max(texts, key=len), role, depth - 1)
    return spoken(named, role, depth - 1) if isinstance(named, Mapping) else ()


def _only_text(by_form: Mapping[str, object], role: str, depth: int) -> tuple[Message, ...]:
    """The one text among fields whose names say nothing, where they could hold words."""
    worded = [
        item
        for form, item in by_form.items()
        if isinstance(item, str) and len(item.split()) > 1 and not _NOT_WORDS.fullmatch(form)
    ]
    return spoken(worded[0], role, depth - 1) if len(worded) == 1 else ()


def _message(item: object) -> Message | None:
    if not is_message(item):
        return None
    try:
        return message_of(item)
    except MalformedError:
        return None


def unread(value: object, place: str) -> str:
    """What stands at ``place``, of which nothing was understood, by the names of its keys; never what it says."""
    value = json_or_same(value)
    if isinstance(value, Mapping) and value:
        return (
            f"'{place}' has the keys {', '.join(str(key)[:40] for key in list(value)[:12])}, and no message among them"
        )
    if isinstance(value, list) and value:
        return f"'{place}' is a list of {type(value[0]).__name__}, and no message among them"
    return ""


def exchange(asked: object, answer: object) -> tuple[Message, ...]:
    """What was asked and, where something was, what was answered, as a tracer logged the two."""
    messages = spoken(asked)
    return (*messages, *answered(answer)) if messages else ()


def answered(value: object) -> tuple[Message, ...]:
    """What the model answered: the messages of a logged output, of whatever wrapping."""
    value = json_or_same(value)
    if isinstance(value, Mapping):
        for key in ("choices", "generations", "candidates"):
            inside = value.get(key)
            while isinstance(inside, list) and inside:
                inside = inside[0]
            if isinstance(inside, Mapping) and ("message" in inside or "content" in inside):
                return spoken(inside.get("message", inside.get("content")), "assistant")
            if isinstance(inside, Mapping) and isinstance(inside.get("text"), str):
                return (Message("assistant", str(inside["text"])),)
        if isinstance(value.get("output"), str | list | Mapping):
            return spoken(value["output"], "assistant")
    return spoken(value, "assistant")
