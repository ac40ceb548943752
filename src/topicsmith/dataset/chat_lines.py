"""Training data as chat lines, in the forms that Together, OpenAI and the usual trainers read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import orjson

from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import AnswerForm, Prompt, Reasoning
from topicsmith.llm.spotlighting import clean
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy

ExportFormat = Literal["openai", "together", "messages", "prompt-completion", "sharegpt"]

FORMATS: Mapping[ExportFormat, str] = MappingProxyType(
    {
        "openai": "OpenAI fine-tuning: messages, at least 10 lines",
        "together": "Together fine-tuning: messages",
        "messages": "TRL, axolotl, LLaMA-Factory and others: messages",
        "prompt-completion": "TRL: prompt and completion as messages; the loss is on the completion",
        "sharegpt": "LLaMA-Factory, axolotl: conversations with from and value",
    }
)
_LEAST_OPENAI = 10


@dataclass(frozen=True)
class Rendering:
    """How a row is told to a model: the same as in asking it."""

    prompt: Prompt
    taxonomy: Taxonomy
    answer: AnswerForm = "json"
    subtopics: bool = False
    reasoning: Reasoning | None = None

    def chat(self, example: Example) -> tuple[str, str, str]:
        """System message, user message and answer."""
        options = {"subtopics": self.subtopics, "reasoning": self.reasoning}
        system, user = self.prompt.render(example.text, self.taxonomy, answer=self.answer, **options)  # type: ignore[arg-type]  # both options are declared above
        target = self.prompt.target(example, self.taxonomy, answer=self.answer, **options)  # type: ignore[arg-type]  # likewise
        return system, user, target


def export_lines(
    examples: Sequence[Example], rendering: Rendering, form: ExportFormat, copies: bool = True
) -> Iterable[bytes]:
    """One JSON line per row; a row that balancing counts several times comes as often, unless ``copies`` is false.

    Raises:
        ProjectError: when there are fewer rows than the service takes, reasoning is to be shown and no row has any, or
            rows are weighted, which no line can say.
    """
    if copies and any(row.weight != 1 for row in examples if row.copies > 0):
        raise ProjectError("exported lines have no weights; write 'method: copies' under 'balance' and run again")
    rows = [row for row in examples if row.copies > 0 and (rendering.reasoning is None or row.reasoning)]
    if not rows:
        why = "has a reasoning; use 'prompt: v2'" if rendering.reasoning else "is left to export"
        raise ProjectError(f"no training row {why}")
    if form == "openai" and len(rows) < _LEAST_OPENAI:
        raise ProjectError(f"OpenAI takes at least {_LEAST_OPENAI} training rows, there are {len(rows)}")
    for row in rows:
        line = orjson.dumps(_shape(rendering.chat(row), form)) + b"\n"
        yield from [line] * (row.copies if copies else 1)


def _shape(chat: tuple[str, str, str], form: ExportFormat) -> dict[str, object]:
    system, user, answer = (clean(part) for part in chat)
    if form == "sharegpt":
        turns = (("system", system), ("human", user), ("gpt", answer))
        return {"conversations": [{"from": who, "value": value} for who, value in turns]}
    asked = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    told = [{"role": "assistant", "content": answer}]
    if form == "prompt-completion":
        return {"prompt": asked, "completion": told}
    return {"messages": [*asked, *told]}
