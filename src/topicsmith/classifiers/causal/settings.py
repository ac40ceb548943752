"""The settings of ``kind: causal``, and what follows from them alone."""

import hashlib
import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from topicsmith.classifiers.causal.lora import RECIPES, LoraRecipe
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import Prompt, Reasoning
from topicsmith.project import CandidateSettings

AnswerWay = Literal["json", "label", "head"]


class CausalSettings(CandidateSettings):
    """Settings of ``kind: causal``; where a recipe sets a value, ``null`` takes the recipe's."""

    model: str
    prompt: str = "v2"
    answer: AnswerWay = "label"
    reasoning: Reasoning | None = None
    subtopics: bool = False
    recipe: Literal["experiment", "standard"] = "standard"
    rank: int | None = Field(default=None, gt=0, le=1024)
    alpha: int | None = Field(default=None, gt=0)
    dropout: float | None = Field(default=None, ge=0, lt=1)
    targets: str | list[str] | None = None
    learning_rate: float | None = Field(default=None, gt=0, lt=1)
    epochs: int | None = Field(default=None, gt=0, le=100)
    batch_size: int | None = Field(default=None, gt=0)
    batch_tokens: int = Field(default=4096, ge=64)
    gradient_checkpointing: bool = False
    quantization: Literal["none", "4bit"] = "none"
    max_tokens: int | None = Field(default=None, ge=64)
    max_reasoning_tokens: int = Field(default=200, gt=0)
    checkpoint_every: int = Field(default=50, gt=0)
    save: Literal["both", "adapters"] = "both"
    processes: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = 1

    @model_validator(mode="after")
    def _answers_without_writing(self) -> "CausalSettings":
        if self.answer != "json" and self.reasoning == "before":
            raise ValueError(f"'answer: {self.answer}' writes nothing, so it cannot reason first; use 'answer: json'")
        if self.answer == "head" and (self.subtopics or self.reasoning is not None):
            raise ValueError("'answer: head' gives topics only; leave out 'subtopics' and 'reasoning'")
        return self


def recipe_of(settings: CausalSettings) -> LoraRecipe:
    """The recipe that ``settings`` name, with every value that they set themselves."""
    keys = ("rank", "alpha", "dropout", "learning_rate", "epochs", "batch_size")
    own: dict[str, Any] = {key: getattr(settings, key) for key in keys if getattr(settings, key) is not None}
    if settings.targets is not None:
        own["targets"] = settings.targets if isinstance(settings.targets, str) else tuple(settings.targets)
    return replace(RECIPES[settings.recipe], **own)


def reasoning_of(settings: CausalSettings, prompt: Prompt) -> Reasoning | None:
    """Where the reasoning stands: as the settings say, otherwise as the prompt asks.

    Raises:
        ProjectError: when the two contradict each other.
    """
    if settings.reasoning is not None and prompt.reasoning is None:
        raise ProjectError(
            f"candidate '{settings.name}': 'reasoning: {settings.reasoning}' but the prompt '{settings.prompt}' asks "
            "for none; use 'prompt: v3' or leave out 'reasoning'"
        )
    wanted = settings.reasoning or prompt.reasoning
    if wanted is not None and settings.answer == "head":
        raise ProjectError(f"candidate '{settings.name}': 'answer: head' writes no reasoning; use 'prompt: v2'")
    if wanted == "before" and settings.answer == "label":
        raise ProjectError(
            f"candidate '{settings.name}': 'answer: label' cannot reason before the topic as the prompt "
            f"'{settings.prompt}' asks; write 'reasoning: after' or 'answer: json'"
        )
    return wanted


def digest(value: object) -> str:
    """A hash of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
