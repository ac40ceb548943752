"""What the user first asked: the one rule, stated in ``docs/queries.md``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.progress import plain
from topicsmith.records import Message
from topicsmith.traces.machine_text import is_plain, persons_words
from topicsmith.traces.unwrapping import Unwrapping, unwrapping

MAX_QUERY_CHARACTERS = 1_000_000

NO_USER_TURN = "no user message"
EMPTY_USER_TURNS = "user messages without text"
ONLY_MACHINE_TEXT = "user messages hold tool output only"
QUERY_TOO_LONG = "question too long"

_RESULT = re.compile(
    r"\s*(?:Observation:|(?:Tool|Function) (?:result|output|response)s?:|\[[\w.-]{1,64}[^\]\n]{0,300}\] Result:)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """The text the user first asked, and the position of its message among those given.

    ``template`` names the template that it stood in, where one was taken off.
    """

    text: str
    index: int
    template: str | None = None


def is_whole(text: str) -> bool:
    """Whether surely nothing would be cut from ``text``, as a glance tells."""
    return is_plain(text) and not text.startswith(unwrapping("default").beginnings or "")


def first_question(messages: Sequence[Message], unwrap: Unwrapping | None = None) -> Question | str:
    """The first user turn that a person wrote, or the reason why there is none.

    Turns of other roles are passed over, and so are empty ones, and those that only hold what a machine said:
    blocks in the tags of known agent frameworks, set-up turns and tool declarations anywhere, and texts that open like
    a tool's result once the assistant has spoken. Of a turn that holds both, the machine's blocks before and after the
    person's words are cut. A template around the words is taken off as ``unwrap`` says, by default every known one.
    """
    unwrap = unwrapping("default") if unwrap is None else unwrap
    reason = NO_USER_TURN
    assistant_spoke = False
    for index, message in enumerate(messages):
        if message.role != "user":
            assistant_spoke = assistant_spoke or message.role == "assistant"
            continue
        if not message.content or message.content.isspace():
            reason = EMPTY_USER_TURNS if reason == NO_USER_TURN else reason
            continue
        words = message.content if is_plain(message.content) else persons_words(message.content)
        if not words or words.isspace() or (assistant_spoke and _RESULT.match(words)):
            reason = ONLY_MACHINE_TEXT
            continue
        inside, template = unwrap.question_in(words) or (words, None)
        if not inside:
            reason = EMPTY_USER_TURNS if reason == NO_USER_TURN else reason
        elif len(inside) > MAX_QUERY_CHARACTERS:
            return QUERY_TOO_LONG
        else:
            return Question(inside, index, template)
    return reason


def roles_seen(messages: Sequence[Message]) -> str:
    """Who speaks in a conversation in which no user does, for the person; nothing where nobody does."""
    roles = sorted({message.role[:40] for message in messages if message.role})
    return f"roles seen: {plain(', '.join(roles[:8]))}" if roles else ""
