"""From a text to the tokens a causal model reads: one object, used in training and in use."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from topicsmith.classifiers.causal.answer_format import AnswerForm
from topicsmith.classifiers.causal.chat_template import ChatLayout, TemplateParts
from topicsmith.classifiers.causal.settings import AnswerWay, digest
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.llm.prompts import Prompt, Reasoning
from topicsmith.taxonomy import to_document
from topicsmith.taxonomy_file import from_document

_PROBE = "How would this text be <|im_end|> rendered?\nAnd its second line: «é»"
_LEAST_TEXT = 16


@dataclass(frozen=True)
class _Document:
    """What a model folder says of how its prompts are rendered."""

    answer: AnswerWay
    prompt: Prompt
    taxonomy: dict[str, Any]
    template: TemplateParts
    limit: int
    subtopics: bool = False
    reasoning: Reasoning | None = None
    max_reasoning_tokens: int = 200


@dataclass(frozen=True)
class PromptTokens:
    """Everything that turns a text into what the model reads: the same object trains a model and asks it.

    ``limit`` is the most tokens of shared prompt, text and answer together.
    """

    form: AnswerForm
    layout: ChatLayout
    answer: AnswerWay
    limit: int
    max_reasoning_tokens: int

    @cached_property
    def prefix(self) -> tuple[int, ...]:
        """The tokens that stand before every text.

        Raises:
            ProjectError: when they leave no room for a text and an answer.
        """
        prefix = self.layout.prompt(*self.form.render("")).prefix
        if self._room(len(prefix)) < _LEAST_TEXT + self._frame:
            raise ProjectError(
                f"the prompt '{self.form.prompt.name}' with {len(self.form.taxonomy.topics)} topics takes "
                f"{len(prefix)} tokens and the answer up to {self._longest_answer}, too long for the {self.limit} that "
                "the model reads at once (its context, or a layer's sliding window); shorten descriptions or the "
                "prompt, or choose a model with a longer context"
            )
        return prefix

    @cached_property
    def _frame(self) -> int:
        return len(self.layout.own(self.form.render("")[1]))

    @cached_property
    def _longest_answer(self) -> int:
        if self.answer == "head":
            return 0
        opening = self.form.opening()
        reasoning = self.max_reasoning_tokens if self.form.reasoning == "before" else 0
        return reasoning + max(len(self.layout.text(opening + tail)) for tail in self.form.tails()) + 1

    def _room(self, prefix: int) -> int:
        return self.limit - prefix - self._longest_answer

    def own(self, text: str) -> tuple[tuple[int, ...], bool]:
        """The tokens of the prompt that follow :attr:`prefix`, and whether the text had to be cut at its end."""
        room = self._room(len(self.prefix))
        text, cut = (text[: 20 * room], True) if len(text) > 20 * room else (text, False)
        while True:
            ids = self.layout.own(self.form.render(text)[1])
            if len(ids) <= room or not text:
                return ids, cut
            keep = int(len(text) * (room - self._frame) / (len(ids) - self._frame) * 0.98)
            text, cut = text[: max(0, min(keep, len(text) - 1))], True

    def probe(self) -> str:
        """A hash of how a tricky text is rendered, kept with a model and compared when it is loaded."""
        return digest([list(self.prefix), list(self.own(_PROBE)[0])])

    def to_document(self) -> dict[str, object]:
        """As a model folder keeps it, with :meth:`probe`."""
        return {
            "answer": self.answer,
            "subtopics": self.form.subtopics,
            "reasoning": self.form.reasoning,
            "prompt": asdict(self.form.prompt),
            "taxonomy": to_document(self.form.taxonomy),
            "template": asdict(self.layout.parts),
            "limit": self.limit,
            "max_reasoning_tokens": self.max_reasoning_tokens,
            "probe": self.probe(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], tokenizer: Any, path: Path) -> "PromptTokens":
        """What :meth:`to_document` gave, read from ``path``.

        Raises:
            ModelFolderError: when a value is not what it was.
        """
        known = checked(_Document, dict(document), path, ModelFolderError, COPY_AGAIN)
        taxonomy = from_document(known.taxonomy, path)
        form = AnswerForm(known.prompt, taxonomy, known.subtopics, known.reasoning)
        layout = ChatLayout(tokenizer, known.template)
        return cls(form, layout, known.answer, known.limit, known.max_reasoning_tokens)
