"""Room for an answer: more of it after one that was cut off, and remembered where thoughts needed it.

The room for thoughts is no part of an answer's key in the ledger: it changes what an answer may cost, not what was
asked. So a run that has learnt how much a model thinks finds the answers of one that had not.
"""

import re
from dataclasses import replace

from topicsmith.llm.ledger.ledger import answer_key
from topicsmith.llm.types import Answer, ChatRequest

FACTOR = 4
MOST_TOKENS = 32_768
ENOUGH_FOR_THOUGHTS = 4096
TURNS = 3
"""How often a row whose answers are eaten by thoughts is asked again, each time with more room."""

_THINKS_STILL = re.compile(
    r"<(think|thinking|reasoning)>(?!.*</\1>)|<\|channel\|>analysis(?!.*<\|channel\|>final)", re.DOTALL
)


class AnswerRoom:
    """How much room requests to one model get."""

    def __init__(self, thoughts: int) -> None:
        """Begin with the room for ``thoughts`` that the model is known to need."""
        self._known = thoughts
        self._learnt: int | None = None

    def fit(self, request: ChatRequest) -> ChatRequest:
        """``request`` with the room for thoughts that this model turned out to need."""
        if self._learnt is None or (request.thinking_tokens or 0) >= self._learnt:
            return request
        return replace(request, thinking_tokens=self._learnt)

    def more(self, request: ChatRequest, answer: Answer, asked_before: int) -> ChatRequest | None:
        """What to ask after ``answer`` was cut off: the same with more room, ``None`` when that is no use any more.

        The whole cap is multiplied, thoughts included, as often as thoughts leave no room for the answer.
        """
        ate = eaten_by_thoughts(answer)
        if asked_before >= (TURNS if ate else 1):
            return None
        thoughts = self._known if request.thinking_tokens is None else request.thinking_tokens
        answering = request.max_output_tokens * (FACTOR if asked_before == 0 else 1)
        whole = FACTOR * (request.max_output_tokens + thoughts)
        if ate:
            whole = max(whole, ENOUGH_FOR_THOUGHTS + answering)
        answering = min(answering, MOST_TOKENS)
        more = max(0, min(whole, MOST_TOKENS) - answering)
        if answering + more <= request.max_output_tokens + thoughts:
            return None
        if ate:
            self._learnt = max(self._learnt or 0, more)
        return replace(request, max_output_tokens=answering, thinking_tokens=more or None)


def keys_of(provider: str, request: ChatRequest) -> list[bytes]:
    """The keys of every answer that asking ``request`` can bring: the first, one more as it was, and with more room."""
    roomier = replace(request, max_output_tokens=min(MOST_TOKENS, FACTOR * request.max_output_tokens))
    return [
        answer_key(provider, request),
        answer_key(provider, request, 1),
        *(answer_key(provider, roomier, turn) for turn in range(1, TURNS + 1)),
    ]


def eaten_by_thoughts(answer: Answer) -> bool:
    """Whether an answer that was cut off is missing because of thoughts: they are counted, open, or all there is."""
    thought = (answer.usage.reasoning_tokens or 0) > 0
    return thought or not answer.text.strip() or _THINKS_STILL.search(answer.text) is not None
