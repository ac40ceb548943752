"""Who speaks: the names that roles go by in logs, and the fields in which they stand."""

import re
from collections.abc import Mapping

ROLES = {
    "human": "user", "user": "user", "customer": "user", "prompter": "user", "client": "user", "enduser": "user",
    "visitor": "user", "person": "user", "caller": "user", "guest": "user", "questioner": "user", "asker": "user",
    "student": "user", "patient": "user", "seeker": "user", "usr": "user", "me": "user", "requester": "user",
    "consumer": "user", "question": "user",
    "member": "user", "subscriber": "user", "userproxy": "user", "user_proxy": "user",
    "gpt": "assistant", "assistant": "assistant", "ai": "assistant", "model": "assistant", "bot": "assistant",
    "chatbot": "assistant", "agent": "assistant", "llm": "assistant", "chatgpt": "assistant", "claude": "assistant",
    "gemini": "assistant", "bing": "assistant", "bard": "assistant", "copilot": "assistant",
    "operator": "assistant",
    "responder": "assistant", "advisor": "assistant", "support": "assistant", "representative": "assistant",
    "wizard": "assistant", "answerer": "assistant", "answer": "assistant", "counselor": "assistant",
    "virtualagent": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "tool_use": "assistant",
    "system": "system", "sys": "system", "developer": "developer",
    "tool": "tool", "observation": "tool", "tool_response": "tool", "tool_result": "tool", "ipython": "tool",
    "tool_output": "tool", "environment": "tool", "function": "function", "function_response": "function",
}  # fmt: skip
"""Names of roles in the wild, in lower case, and the role that each means."""

_FIELDS = ("role", "from", "sender", "speaker", "author", "sender_type", "senderType", "author_role", "authorRole",
           "message_role", "event", "role_name", "participant", "actor", "from_role", "source_role")  # fmt: skip
_FLAGS = ("isCreatedByUser", "is_user", "isUser", "fromUser", "from_user", "is_from_user", "isHuman", "is_human")
_SUFFIX = re.compile(r"(?:[_ ]?message)?(?:[_ ]?chunk)?$")


def known_role(name: object) -> str | None:
    """The role that ``name`` means, or ``None`` where it is no known name of one.

    >>> known_role(" HumanMessage "), known_role("MessageRole.USER"), known_role("u-77")
    ('user', 'user', None)
    """
    if not isinstance(name, str) or len(name) > 64:
        return None
    lower = name.strip().casefold()
    for form in (lower, lower.rpartition(".")[2], lower.replace("-", "_").replace(" ", "_")):
        if form in ROLES:
            return ROLES[form]
    short = _SUFFIX.sub("", lower.rpartition(".")[2].replace("-", "").replace("_", ""))
    return ROLES.get(short)


def role_of(name: str) -> str:
    """The role that ``name`` means; an unknown name is kept in lower case, without blanks around it."""
    return known_role(name) or name.strip().casefold()


def written_role(item: Mapping[str, object]) -> object:
    """What stands where a message says who speaks, ``None`` where nothing does.

    A name that is known goes before one that is not; a flag such as ``isCreatedByUser`` before all.
    """
    for flag in _FLAGS:
        if isinstance(item.get(flag), bool):
            return "user" if item[flag] else "assistant"
    written = [_name(item[field]) for field in _FIELDS if item.get(field) is not None]
    known = next((name for name in written if known_role(name)), None)
    if known is not None:
        return known
    if known_role(item.get("type")):
        return item["type"]
    return written[0] if written else None


def _name(value: object) -> object:
    """An author may be an object with a role."""
    if isinstance(value, Mapping):
        return next((value[key] for key in ("role", "type", "name") if isinstance(value.get(key), str)), None)
    return value
