"""Which steps of a trace are talk with a user, and which only serve it: embeddings, tools, judges, guardrails."""

import re
from typing import Literal

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


def helper_of(kind: str | None, name: str | None, environment: str | None = None) -> str | None:
    """What a step serves the conversation as, where its kind, name or environment says so; ``None`` where it is talk.

    >>> helper_of("EMBEDDING", None), helper_of("chat", "guardrail check"), helper_of("GENERATION", "answer")
    ('embedding', 'guardrail check', None)
    """
    form = (kind or "").strip().strip('"').casefold()
    if form in _NEVER:
        return form
    if environment and environment.startswith("langfuse-"):  # Langfuse keeps this prefix for its own evaluators
        return "evaluator"
    lower = (name or "").casefold()
    found = _JUDGES.search(lower) or _SERVANTS.search(lower)
    return lower[:60] if found else None


def part_of(kind: str | None, name: str | None, *, root: bool, environment: str | None = None) -> Part:
    """What a step of ``kind`` and ``name`` says of the conversation.

    A root that rewrites or summarises may be what the product does, so that it counts where nothing else does; a step
    within a trace that does is none of the user's. Steps of unknown kind within a trace count where nothing else does.
    """
    form = (kind or "").strip().strip('"').casefold()
    if form in _NEVER or (environment and environment.startswith("langfuse-")):
        return "none"
    lower = (name or "").casefold()
    if _JUDGES.search(lower):
        return "none"
    if _SERVANTS.search(lower):
        return "aside" if root else "none"
    if form in _MODELS or root:
        return "talk"
    return "aside"
