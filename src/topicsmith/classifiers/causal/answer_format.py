"""Every answer a taxonomy allows, as text and as tokens, in the form a prompt asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.classifiers.causal.answer_trie import Node, build
from topicsmith.classifiers.causal.chat_template import ChatLayout
from topicsmith.llm.prompts import NO_SUBTOPIC, Prompt, Reasoning
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy

_HOLE = "topicsmithreasoningmark"


@dataclass(frozen=True)
class Option:
    """One answer: a topic, with its subtopic where subtopics are asked for."""

    topic: str
    subtopic: str | None = None


@dataclass(frozen=True)
class AnswerForm:
    """What a model writes: with or without subtopics, with reasoning before, after or not at all.

    ``closing`` is where the text of a reasoning that stands first ends and the topic's field begins.
    """

    prompt: Prompt
    taxonomy: Taxonomy
    subtopics: bool
    reasoning: Reasoning | None

    def render(self, text: str) -> tuple[str, str]:
        """The system and the user message for ``text``."""
        return self.prompt.render(text, self.taxonomy, subtopics=self.subtopics, reasoning=self.reasoning)

    def target(self, example: Example) -> str:
        """The whole answer for ``example``."""
        return self.prompt.target(example, self.taxonomy, subtopics=self.subtopics, reasoning=self.reasoning)

    def options(self) -> list[Option]:
        """Every answer allowed, in the taxonomy's order."""
        return options(self.taxonomy, self.subtopics)

    def opening(self) -> str:
        """What stands before the text of a reasoning that comes first; empty when none does."""
        return self._filled(self.options()[0]).partition(_HOLE)[0] if self.reasoning == "before" else ""

    def tails(self) -> list[str]:
        """For each option, what decides it: the answer up to the end of its topic or subtopic.

        After a reasoning that comes first it begins with the quote that closes the reasoning.
        """
        return [self._tail(option) for option in self.options()]

    def _tail(self, option: Option) -> str:
        text = self._filled(option)
        if self.reasoning == "before":
            return text.partition(_HOLE)[2]
        return text.partition(_HOLE)[0]

    def _filled(self, option: Option) -> str:
        return self.target(Example("", "", option.topic, option.subtopic, reasoning=_HOLE))


def options(taxonomy: Taxonomy, subtopics: bool) -> list[Option]:
    """Every topic, or every topic with each of its subtopics."""
    if not subtopics or not any(topic.subtopics for topic in taxonomy.topics):
        return [Option(topic.name) for topic in taxonomy.topics]
    return [
        Option(topic.name, name)
        for topic in taxonomy.topics
        for name in ([sub.name for sub in topic.subtopics] or [NO_SUBTOPIC])
    ]


def answer_trie(layout: ChatLayout, form: AnswerForm, before: str = "") -> Node:
    """The trie of the answers' tokens, each tokenized as the whole answer is in training.

    ``before`` is text already written that belongs to the same stretch of tokens (the end of a reasoning).
    """
    return build([_decisive(layout, before + tail) for tail in form.tails()])


def _decisive(layout: ChatLayout, text: str) -> Sequence[int]:
    """The tokens of ``text``, without those at its end that only open a reasoning which nobody needs."""
    ids = list(layout.text(text))
    needed = text.rpartition(', "reasoning": "')[0] or text
    for end in range(1, len(ids)):
        if layout.decode(ids[:end]).startswith(needed):
            return ids[:end]
    return ids
