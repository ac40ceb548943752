"""``kind: causal``: a language model with low-rank adapters, of any size, that answers in one of three ways."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from topicsmith.classifiers.base import Classifier, FitContext
from topicsmith.classifiers.torch_common.launcher import train_together
from topicsmith.errors import MissingExtraError, ProjectError, TrainingError
from topicsmith.llm.prompts import Prompt, Reasoning, load_prompt
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet

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


def recipe_of(settings: CausalSettings) -> Any:
    """The recipe that ``settings`` name, with every value that they set themselves."""
    from topicsmith.classifiers.causal.lora import RECIPES

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


class CausalKind:
    """The door to ``kind: causal``."""

    Settings = CausalSettings

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the libraries and the base where it is a folder, and whether prompt and answer fit together."""
        assert isinstance(settings, CausalSettings)
        reasoning_of(settings, load_prompt(settings.prompt, project_folder))
        require_training_libraries()
        from topicsmith.classifiers.causal.base_model import find_base, four_bits

        find_base(settings.model, project_folder)
        if settings.quantization == "4bit":
            four_bits()

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> Classifier:
        """Fine-tune adapters on ``train``; the epoch with the lowest loss on ``validation`` is kept.

        Raises:
            ProjectError: when settings, prompt and rows do not fit together, or the topics are too many for the model.
            ModelFolderError: when the base model cannot be used.
            TrainingError: when training breaks off.
        """
        assert isinstance(settings, CausalSettings)
        prompt = load_prompt(settings.prompt, context.project_folder)
        reasoning = reasoning_of(settings, prompt)
        rows = usable_rows(train, reasoning, settings.name, context)
        kept = usable_rows(ValidationSet(validation.examples), reasoning, settings.name, None)
        require_training_libraries()
        from topicsmith.classifiers.causal.fit import fit_causal
        from topicsmith.classifiers.torch_common.devices import choose_device

        on_processor = choose_device("auto").type == "cpu"
        train_together(settings, settings.processes, on_processor, train, validation, context)
        return fit_causal(settings, recipe_of(settings), prompt, reasoning, rows, kept, context)

    def load(self, folder: Path) -> Classifier:
        """Load what was saved: the merged model, or the adapters and their base."""
        require_training_libraries()
        from topicsmith.classifiers.causal.model import load_causal

        return load_causal(folder)


KIND = CausalKind()


def require_training_libraries() -> None:
    """Say which extra is missing.

    Raises:
        MissingExtraError: without torch, transformers and peft.
    """
    from importlib.util import find_spec

    if any(find_spec(library) is None for library in ("torch", "transformers", "peft")):
        raise MissingExtraError("'kind: causal'", "train")


def usable_rows(
    rows: TrainSet | ValidationSet, reasoning: Reasoning | None, name: str, context: FitContext | None
) -> list[Example]:
    """The rows to learn from, as often as balancing says; with a reasoning first, those that have one.

    ``context`` is where a person is told what is left out; ``None`` checks nothing (validation rows).

    Raises:
        TrainingError: when fewer than two topics have rows, or a row's topic is not in the taxonomy.
        ProjectError: when a reasoning is to be learnt and no row has one, or rows are weighted.
    """
    used = [row for row in rows if row.copies > 0 and (reasoning is None or row.reasoning)]
    if context is None:
        return used
    if any(row.weight != 1 for row in used):
        raise ProjectError(f"candidate '{name}' learns from whole rows; write 'method: copies' under 'balance'")
    counted = Counter(row.topic for row in rows if row.copies > 0)
    names = context.taxonomy.names
    unknown = sorted(set(counted) - set(names))
    if unknown:
        raise TrainingError(f"the training rows have the topic '{unknown[0]}', which is not in the taxonomy; add it")
    if len(counted) < 2:
        raise TrainingError(
            f"{len(counted)} of {len(names)} topics have training rows, at least 2 are needed; label more rows"
        )
    if not used:
        raise ProjectError(
            f"candidate '{name}' is to learn reasoning, but no training row has any; label with 'prompt: v3' or "
            "train with 'prompt: v2'"
        )
    without = sum(1 for row in rows if row.copies > 0 and not row.reasoning) if reasoning else 0
    if without:
        context.progress.say(f"{name}: {without} training rows have no reasoning and are left out")
    missing = [topic for topic in names if topic not in counted]
    if missing:
        context.progress.say(
            f"{name}: no training row has {', '.join(missing)}; label some, since it was never seen with an answer"
        )
    return [row for row in used for _ in range(row.copies)]


def digest(value: object) -> str:
    """A hash of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
