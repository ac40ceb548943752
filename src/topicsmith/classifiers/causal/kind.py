"""``kind: causal``: a language model with low-rank adapters, of any size, that answers in one of three ways."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from topicsmith.classifiers.base import Charge, ComparableTraining, FitContext, FittedModel, Traits, UseAlone
from topicsmith.classifiers.causal.settings import CausalSettings, reasoning_of, recipe_of
from topicsmith.classifiers.torch_common.launcher import train_together
from topicsmith.errors import MissingExtraError, ProjectError, TaxonomyError, TrainingError
from topicsmith.llm.prompts import Reasoning, load_prompt
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet


class CausalKind:
    """The door to ``kind: causal``."""

    Settings = CausalSettings
    traits = Traits(
        title="a language model with low-rank adapters",
        limits=("Texts longer than the model's context are truncated.",),
    )

    def cost(self, settings: CandidateSettings) -> Charge:
        """By the hour of a machine; Together trains the same open models by the token."""
        assert isinstance(settings, CausalSettings)
        epochs = int(recipe_of(settings).epochs)
        comparable = ComparableTraining(f"together:{settings.model}", epochs, settings.prompt, settings.subtopics)
        return Charge(comparable_training=comparable)

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
    ) -> FittedModel:
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

    def load(self, folder: Path) -> FittedModel:
        """Load what was saved: the merged model, or the adapters and their base."""
        require_training_libraries()
        from topicsmith.classifiers.causal.model import load_causal

        return load_causal(folder)

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """The merged model writes its answer; only topicsmith holds it to the topics."""
        settings = about.get("settings")
        given = settings if isinstance(settings, Mapping) else {}
        if given.get("save") == "adapters":
            return UseAlone("The folder 'adapters' loads in peft, over the base model that causal.json names.")
        if given.get("answer") == "head":
            return UseAlone("Only topicsmith reads this folder: its own head lies over the merged model.")
        return UseAlone(
            "The merged model loads as a causal language model in transformers, vLLM and others, and writes its answer "
            "as text; causal.json holds the prompt and the chat template's parts. Only topicsmith chooses among the "
            "topics alone, with a probability for each, so answers written freely may differ. It is no "
            "text-classification model: loaded as one, transformers would invent a head."
        )


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
        TrainingError: when fewer than two topics have rows.
        TaxonomyError: when the topic of a row is not in the taxonomy.
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
        raise TaxonomyError(f"the training rows have the topic '{unknown[0]}', which is not in the taxonomy; add it")
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
