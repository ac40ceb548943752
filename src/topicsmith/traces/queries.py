"""What the user first asked: the one rule, stated in ``docs/queries.md``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.records import Message

MAX_QUERY_CHARACTERS = 1_000_000

NO_USER_TURN = "no user message"
EMPTY_USER_TURNS = "user messages without text"
ONLY_MACHINE_TEXT = "user messages hold tool output only"
QUERY_TOO_LONG = "question too long"

_MACHINE_TAGS = (
    "tool_response",
    "tool_result",
    "tool_results",
    "tool_output",
    "function_result",
    "function_results",
    "function_response",
    "observation",
    "environment_details",
    "environment_context",
    "user_instructions",
    "system-reminder",
    "local-command-stdout",
    "local-command-caveat",
    "tools",
)
"""Tags that agent frameworks wrap around what a machine says in a user turn: Qwen and Hermes templates, Cline and its
descendants, Codex, Claude Code."""

_TAGGED = re.compile(rf"\s*<({'|'.join(_MACHINE_TAGS)})(?:\s[^<>]{{0,200}})?>", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*(?:<\|im_system\|>tool_declare<\|im_middle\|>|# Tools\s+(?:You may call|<tools>))")
_RESULT = re.compile(
    r"\s*(?:Observation:|(?:Tool|Function) (?:result|output|response)s?:|\[[\w.-]{1,64}[^\]\n]{0,300}\] Result:)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """The text the user first asked, and the position of its message among those given."""

    text: str
    index: int


def first_question(messages: Sequence[Message]) -> Question | str:
    """The first user turn that a person wrote, or the reason why there is none.

    Turns of other roles are passed over, and so are empty ones, and those that only hold what a machine said:
    blocks in the tags of known agent frameworks and tool declarations anywhere, and texts that open like a tool's
    result once the assistant has spoken.
    """
    reason = NO_USER_TURN
    assistant_spoke = False
    for index, message in enumerate(messages):
        if message.role != "user":
            assistant_spoke = assistant_spoke or message.role == "assistant"
        elif not message.content or message.content.isspace():
            reason = EMPTY_USER_TURNS if reason == NO_USER_TURN else reason
        elif is_machine_text(message.content) or (assistant_spoke and _RESULT.match(message.content)):
            reason = ONLY_MACHINE_TEXT
        elif len(message.content) > MAX_QUERY_CHARACTERS:
            return QUERY_TOO_LONG
        else:
            return Question(message.content, index)
    return reason


def is_machine_text(text: str) -> bool:
    """Whether ``text`` holds nothing but tagged blocks of known agent frameworks, or declares tools."""
    if _DECLARATION.match(text):
        return True
    position = 0
    while opening := _TAGGED.match(text, position):
        closing = text.find(f"</{opening[1]}>", opening.end())
        if closing < 0:
            return False
        position = closing + len(opening[1]) + 3
    return position > 0 and not text[position:].strip()
