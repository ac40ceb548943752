"""Which steps of a trace are talk with a user, and which only serve it: embeddings, tools, judges, guardrails."""

import re
from dataclasses import dataclass
from typing import Literal

from topicsmith.progress import plain

Part = Literal["talk", "aside", "none"]
"""What a step says of the conversation: its talk; something that counts where nothing else has a question; nothing."""

_NEVER = frozenset({
    "embedding", "embeddings", "tool", "tools", "retriever", "retrieval", "reranker", "rerank", "evaluator",
    "evaluation", "guardrail", "parser", "event", "score", "moderation", "execute_tool", "image_generation",
    "transcription", "speech", "vector_db", "vectorstore", "memory", "scorer", "classifier", "text_to_speech",
    "speech_to_text",
})  # fmt: skip
_MODELS = frozenset(
    {"generation", "llm", "chat_model", "chat", "completion", "agent", "chain", "prompt", "text_completion",
     "generate_content", "invoke_agent", "create_agent", "workflow", "chat_completion"}
)  # fmt: skip
_JUDGES = re.compile(
    r"guard[ _-]?rails?|\bguard\b|moderat(?:e|ion|or)|\bjudge|judging|evaluat(?:e|ion|or)s?\b|\bscorer\b"
)
_SERVANTS = re.compile(
    r"rewrit|rephras|condens|summar(?:y|ize|ise|ization)|generate[ _-]?(?:title|name|tags)|title[ _-]?gen|"
    r"follow[ _-]?up[ _-]?(?:question|suggest)|\bembed|rerank|query[ _-]?(?:expan|transform)"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step says of the conversation, and what it serves it as where it only does that."""

    part: Part
    helper: str | None

    def lacks(self, otherwise: str) -> str:
        """Why the step gives no question: what it serves as, ``otherwise`` where it might have had one."""
        return f"a step of kind {plain(self.helper)}" if self.helper else otherwise


def step_of(kind: str | None, name: str | None, *, root: bool, environment: str | None = None) -> Step:
    """What a step is, by its kind, name and environment.

    A root that rewrites or summarises may be what the product does, so that it counts where nothing else does; a step
    within a trace that does is none of the user's. Steps of unknown kind within a trace count where nothing else does.

    >>> step_of("EMBEDDING", None, root=True), step_of("GENERATION", "answer", root=False)
    (Step(part='none', helper='embedding'), Step(part='talk', helper=None))
    """
    form, lower = (kind or "").strip().strip('"').casefold(), (name or "").casefold()
    if form in _NEVER:
        return Step("none", form)
    if environment and environment.startswith("langfuse-"):  # Langfuse keeps this prefix for its own evaluators
        return Step("none", "evaluator")
    if _JUDGES.search(lower):
        return Step("none", lower[:60])
    if _SERVANTS.search(lower):
        return Step("aside" if root else "none", lower[:60])
    return Step("talk" if form in _MODELS or root else "aside", None)
