"""Templates that a program puts around what the user asked, and taking them off."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from topicsmith.errors import ProjectError

QUESTION = "{question}"
_ANYTHING = "..."
_TAGS = (
    "user_query", "userRequest", "task", "user_message", "question", "query", "user_input", "user_prompt",
    "user_request", "userPrompt", "feedback", "user", "prompt", "user_question", "userQuery", "message", "input",
    "request",
)  # fmt: skip

TEMPLATES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    **{tag: (f"<{tag}> {QUESTION} </{tag}>",) for tag in _TAGS},
    "Codex IDE": (f"# Context from my IDE setup: ... ## My request for Codex: {QUESTION}",),
    "LlamaIndex": (
        f"Context information is below. ... Query: {QUESTION} Answer:",
        f"We have provided context information below. ... answer the question: {QUESTION}",
        f"The original query is as follows: {QUESTION} We have provided an existing answer: ...",
    ),
    "LangChain": (
        f"Use the following pieces of context to answer the ... Question: {QUESTION} Helpful Answer:",
        f"Use the following pieces of context to answer the ... Question: {QUESTION} Answer:",
        f"Use the following pieces of context to answer the ... Question: {QUESTION}",
        f"You are an assistant for question-answering tasks. ... Question: {QUESTION} Context: ... Answer:",
        f"You are an assistant for question-answering tasks. ... Question: {QUESTION} Context: ...",
        f"Answer the question based only on the following context: ... Question: {QUESTION}",
        f"Answer any use questions based solely on the context below: ... Question: {QUESTION}",
    ),
    "ReAct": (
        f"Answer the following questions as best you can. ... Begin! ... Question: {QUESTION} Thought: ...",
        f"Answer the following questions as best you can. ... Begin! ... Question: {QUESTION}",
        f"Assistant is a large language model trained by OpenAI. ... New input: {QUESTION} ...",
    ),
    "condense question": (
        f"Given the following conversation and a follow up question, ... Follow Up Input: {QUESTION} Standalone ...",
        f"Given the following conversation and a follow up question, ... Follow Up Question: {QUESTION} Standalone ...",
    ),
    "Open WebUI": (
        f"### Task: Respond to the user query using the provided ... <user_query> {QUESTION} </user_query> ...",
        f"### Task: Respond to the user query using the provided ... </context> {QUESTION}",
    ),
    "Dify": (f"Use the following context as your learned knowledge, inside ... </context> {QUESTION}",),
})  # fmt: skip
"""Well-known templates by name. ``{question}`` is the user's, ``...`` anything, white space any white space."""


@dataclass(frozen=True)
class _Template:
    """What stands before and after the question, in pieces with anything between them."""

    name: str
    begins: str | None
    before: tuple[re.Pattern[str], ...]
    after: tuple[re.Pattern[str], ...]
    open_before: bool
    open_after: bool

    def question_in(self, text: str) -> str | None:
        """What stands in the place of the question, where the whole of ``text`` has this shape."""
        start = len(text) - len(text.lstrip())
        for number, piece in enumerate(self.before):
            found = piece.match(text, start) if number == 0 else piece.search(text, start)
            if found is None:
                return None
            start = found.end()
        end = self._end(text, start)
        if end is None:
            return None
        if len(self.before) > 1 and not self.open_after:  # what stands between may have the last piece in it, too
            start = max(found.end() for found in self.before[-1].finditer(text, 0, end))
        inside = text[start:end].strip()
        wraps_twice = len(self.before) == len(self.after) == 1 and self.after[0].search(inside)
        return None if wraps_twice else inside

    def _end(self, text: str, start: int) -> int | None:
        """Where the question ends: at the first piece that comes after it, all of which must follow in order."""
        if not self.after:
            return len(text)
        places: list[tuple[int, int]] = []
        for piece in self.after:
            found = piece.search(text, places[-1][1] if places else start)
            if found is None:
                return None
            places.append(found.span())
        if self.open_after:
            return places[0][0]
        last = [found.start() for found in self.after[-1].finditer(text, start) if not text[found.end() :].strip()]
        if not last:
            return None
        return last[-1] if len(self.after) == 1 else places[0][0]


@dataclass(frozen=True)
class Unwrapping:
    """The templates that are taken off; none by default."""

    templates: tuple[_Template, ...] = ()

    @cached_property
    def beginnings(self) -> tuple[str, ...] | None:
        """How texts begin that could be a template; ``None`` where any could."""
        begin = [template.begins for template in self.templates]
        return None if None in begin else tuple(dict.fromkeys(word for word in begin if word is not None))

    def question_in(self, text: str) -> tuple[str, str] | None:
        """The question and the template's name, where the whole of ``text`` is a template with a question in it."""
        if self.beginnings is not None and not text.lstrip().startswith(self.beginnings):
            return None
        for template in self.templates:
            question = template.question_in(text)
            if question is not None:
                return question, template.name
        return None


@cache
def _default() -> Unwrapping:
    return Unwrapping(tuple(template for name in TEMPLATES for template in _templates(name)))


def unwrapping(setting: str | Iterable[str]) -> Unwrapping:
    """What ``traces.unwrap`` asks for: ``default`` is every well-known template, ``none`` none, or names and patterns.

    Raises:
        ProjectError: when a text is neither a known name nor a pattern with one ``{question}``.
    """
    if setting == "default":
        return _default()
    names = [] if setting == "none" else [setting] if isinstance(setting, str) else setting
    return Unwrapping(tuple(template for name in names for template in _templates(name)))


def _templates(name: str) -> tuple[_Template, ...]:
    if name in TEMPLATES:
        return tuple(_compiled(name, pattern) for pattern in TEMPLATES[name])
    if name == "default":
        return tuple(template for known in TEMPLATES for template in _templates(known))
    if name.count(QUESTION) != 1:
        raise ProjectError(
            f"traces.unwrap: {name[:60]!r} is no known template and has no '{QUESTION}' in it exactly once; known: "
            f"default, none, {', '.join(TEMPLATES)}"
        )
    before, _, after = name.partition(QUESTION)
    if not before.strip(". \n\t") and not after.strip(". \n\t"):
        raise ProjectError(
            f"traces.unwrap: {name[:60]!r} has no words beside '{QUESTION}', so it would match everything"
        )
    return (_compiled(name[:40], name),)


def _compiled(name: str, pattern: str) -> _Template:
    before, _, after = pattern.partition(QUESTION)
    words = before.split()
    begins = words[0] if words and words[0] != _ANYTHING else None
    return _Template(
        name,
        begins,
        _pieces(before),
        _pieces(after),
        before.rstrip().endswith(_ANYTHING),
        after.rstrip().endswith(_ANYTHING),
    )


def _pieces(written: str) -> tuple[re.Pattern[str], ...]:
    pieces = [piece.split() for piece in written.split(_ANYTHING)]
    return tuple(re.compile(r"\s+".join(map(re.escape, words))) for words in pieces if words)
