"""Low-rank adapters: the recipes, putting them on a model, saving and merging them.

LoRA (Hu et al. 2021, arXiv 2106.09685) leaves a weight W as it is and learns W + (alpha / rank) B A beside it.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from topicsmith.errors import ModelFolderError, ProjectError

_SAVED = "saved"
RecipeName = Literal["experiment", "standard"]


@dataclass(frozen=True)
class LoraRecipe:
    """The settings of one way to fine-tune; a project may change each."""

    rank: int
    alpha: int
    dropout: float
    targets: str | tuple[str, ...]
    learning_rate: float
    epochs: int
    batch_size: int
    warmup: float
    clip: float


RECIPES: Mapping[RecipeName, LoraRecipe] = MappingProxyType(
    {
        "experiment": LoraRecipe(16, 8, 0.0, "all-linear", 2e-4, 10, 16, 0.03, 1.0),
        "standard": LoraRecipe(16, 32, 0.0, "all-linear", 2e-4, 3, 16, 0.03, 1.0),
    }
)
"""Where the values come from is told in ``docs/causal.md``."""


@contextmanager
def _peft_of_today() -> Iterator[None]:
    """Peft asks transformers 5 by a name that it warns about, and imports bitsandbytes, which misses a kernel."""
    log = logging.getLogger("bitsandbytes")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*gradient_checkpointing.*", FutureWarning)
            yield
    finally:
        log.setLevel(level)


def add_adapters(model: Any, recipe: LoraRecipe, gradient_checkpointing: bool) -> Any:
    """``model`` with fresh adapters, everything else frozen.

    Raises:
        ProjectError: when 'targets' names no module of the model, or one whose weights another module uses too.
    """
    with _peft_of_today():
        from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if getattr(model, "is_loaded_in_4bit", False):
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    targets = recipe.targets if isinstance(recipe.targets, str) else list(recipe.targets)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    try:
        with _peft_of_today():
            adapted = get_peft_model(model, config)
    except ValueError as exc:
        raise ProjectError(
            f"'targets: {recipe.targets}' fits no module of the model: {str(exc).splitlines()[0]}"
        ) from None
    _refuse_shared(adapted, recipe)
    if gradient_checkpointing:
        with _peft_of_today():
            adapted.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return adapted


def _refuse_shared(adapted: Any, recipe: LoraRecipe) -> None:
    """An adapter learns what is added for one module; merged into weights that two share, it changes the other too."""
    users: dict[int, list[str]] = {}
    for name, parameter in adapted.get_base_model().named_parameters(remove_duplicate=False):
        users.setdefault(parameter.data_ptr(), []).append(name.removesuffix(".weight"))
    for name, module in adapted.get_base_model().named_modules():
        weight = getattr(getattr(module, "base_layer", None), "weight", None)
        names = users.get(weight.data_ptr(), []) if weight is not None and weight.numel() else []
        others = [other.removesuffix(".base_layer") for other in names if other.removesuffix(".base_layer") != name]
        if others:
            raise ProjectError(
                f"'targets: {recipe.targets}' names '{name}', whose weights are also those of '{others[0]}' in this "
                "model: what one learns, both would do once it is merged; leave it out of 'targets'"
            )


def save_adapters(model: Any, folder: Path, base: str) -> None:
    """Write the adapters in the layout of peft: weights as safetensors, settings as JSON."""
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)  # "auto" would ask the hub
    (folder / "README.md").unlink(missing_ok=True)


def load_adapters(model: Any, folder: Path) -> Any:
    """``model`` with the adapters that :func:`save_adapters` wrote.

    Raises:
        ModelFolderError: when they are missing, damaged or made for another model.
    """
    from safetensors import SafetensorError

    with _peft_of_today():
        from peft import PeftModel

    if not (folder / "adapter_model.safetensors").is_file():
        raise ModelFolderError(f"{folder}: has no adapter_model.safetensors; train the candidate again")
    try:
        with _peft_of_today():
            return PeftModel.from_pretrained(model, folder, is_trainable=False)
    except (OSError, ValueError, RuntimeError, SafetensorError, json.JSONDecodeError) as exc:
        raise ModelFolderError(f"{folder}: the adapters cannot be loaded: {str(exc).splitlines()[0]}") from None


@contextmanager
def with_saved_adapters(model: Any, folder: Path) -> Iterator[None]:
    """``model`` with the adapters that were saved in ``folder`` in the place of its own."""
    with _peft_of_today():
        model.load_adapter(str(folder), _SAVED, is_trainable=False)
    try:
        model.set_adapter(_SAVED)
        yield
    finally:
        model.set_adapter("default")
        model.delete_adapter(_SAVED)


def merged(model: Any) -> Any:
    """A plain model with the adapters added into its weights; ``model`` is not usable afterwards."""
    return model.merge_and_unload()
