"""Conversations rendered to one text by a chat template, as sets for fine-tuning hold them."""

import re

from topicsmith.records import Message
from topicsmith.traces.conversations.roles import known_role, role_of

_NAMED = "Human|User|Assistant|System|Instruction|Response"


def _template(opening: str, closing: str = "") -> re.Pattern[str]:
    """A turn from ``opening``, which has the role in a group, to ``closing``, the next opening or the end."""
    ends = f"{closing}|" if closing else ""
    again = re.sub(r"\((?!\?)", "(?:", opening)
    return re.compile(rf"{opening}(.*?)(?:{ends}(?={again})|\Z)", re.DOTALL)


_TEMPLATES = (
    _template(r"<\|im_start\|>\s*(\w{1,20})\s*\n", r"<\|im_end\|>"),
    _template(r"<\|start_header_id\|>(\w{1,20})<\|end_header_id\|>", r"<\|eot_id\|>"),
    _template(r"<start_of_turn>(\w{1,20})\s*\n", "<end_of_turn>"),
    _template(r"<\|(user|assistant|system)\|>", r"</s>|<\|end\|>"),
    _template(rf"#{{2,3}} ({_NAMED}):"),
    _template(rf"(?:\A|\n\n)({_NAMED}): "),
)
"""ChatML, Llama 3, Gemma, Zephyr and Phi, Guanaco, Anthropic's dialogues."""

_OPENS = re.compile(
    r"\s*(?:<s>|<bos>|<\|begin_of_text\|>)?\s*(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|"
    r"<\|(?:user|assistant|system)\|>|#{2,3} (?:Human|User|System):|(?:Human|User|System): )"
)
_NAMES = {"instruction": "user", "response": "assistant"}


def rendered(text: str) -> tuple[Message, ...] | None:
    """The messages of a text that a chat template rendered, or ``None`` where it is none.

    Only a text that begins with a turn, and in which an assistant has one too, is taken for a rendered conversation.
    """
    if not _OPENS.match(text):
        return None
    for template in _TEMPLATES:
        turns = [(found[1].casefold(), found[2].strip()) for found in template.finditer(text)]
        named = [(_NAMES.get(name, name), said) for name, said in turns]
        roles = {role_of(name) for name, _ in named if known_role(name)}
        if {"user", "assistant"} <= roles:
            return tuple(Message(role_of(name), said) for name, said in named if said)
    return None
