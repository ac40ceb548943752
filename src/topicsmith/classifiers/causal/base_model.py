"""Loading a causal base model: from the hub or a folder, safetensors only, nothing executed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

from topicsmith.classifiers.base_digest import base_digest, digest_of
from topicsmith.classifiers.torch_common.hub import quiet_transformers
from topicsmith.errors import MissingExtraError, ModelFolderError, ProjectError, first_line
from topicsmith.json_file import COPY_AGAIN, checked, read_json

Quantization = Literal["none", "4bit"]


def find_base(model: str, project_folder: Path) -> str:
    """Where ``model`` lies: a folder relative to the project if there is one, otherwise its name on the hub.

    Raises:
        ModelFolderError: for a folder that is no model, holds only pickled weights, or needs code of its own.
    """
    folder = (project_folder / model).expanduser()
    if not folder.exists():
        if model.startswith((".", "/", "~")):
            raise ModelFolderError(f"{folder}: no such model folder; check 'model'")
        return model
    config = folder / "config.json"
    if not config.is_file():
        raise ModelFolderError(f"{folder}: not a model folder, it has no config.json; check 'model'")
    settings = checked(dict[str, Any], read_json(config, ModelFolderError, COPY_AGAIN), config, ModelFolderError)
    refuse_remote_code(settings, str(folder))
    if not any(folder.glob("*.safetensors")):
        pickled = next((p.name for p in sorted(folder.iterdir()) if p.suffix in {".bin", ".pt", ".pth", ".ckpt"}), None)
        what = f"its weights are pickled ({pickled}), which can run code" if pickled else "it has no *.safetensors"
        raise ModelFolderError(f"{folder}: {what}; convert it to safetensors or choose another model")
    return str(folder)


def base_document(base: str, folder: Path) -> dict[str, object]:
    """How a model ``folder`` names its base: a folder relative to it and by its digest, or a name on the hub."""
    known = digest_of(base)
    place = base if known is None else os.path.relpath(Path(base).resolve(), folder.resolve())
    return {"base": place, "base_digest": known}


def base_of_adapters(document: Mapping[str, Any], folder: Path) -> str:
    """The base that the adapters in ``folder`` belong to; what was a folder is never asked for on the hub.

    Args:
        document: what :func:`base_document` gave; from earlier versions it has no ``base_digest``.
        folder: the model folder.

    Raises:
        ModelFolderError: when the base is not where it was, or is another model now.
    """
    base, known = str(document["base"]), document.get("base_digest")
    if known is None:
        return base if "base_digest" in document else find_base(base, Path())
    place = (folder.resolve() / base).resolve()
    if not place.is_dir():
        raise ModelFolderError(
            f"{folder}: its base model was the folder {place}, which is not there; put it back, or train again with "
            "'save: both', which keeps the base in the model folder"
        )
    if base_digest(place) != known:
        raise ModelFolderError(
            f"{folder}: its base model {place} is no longer the one it was trained on; put that one back or train again"
        )
    return find_base(str(place), Path())


def refuse_remote_code(config: dict[str, Any], name: str) -> None:
    """Refuse a model whose configuration asks for its own code.

    Raises:
        ModelFolderError: when it does.
    """
    if config.get("auto_map"):
        raise ModelFolderError(
            f"{name}: needs custom code ('auto_map' in config.json), which is never run; "
            "choose a model that transformers knows"
        )


def load_tokenizer(base: str) -> Any:
    """The fast tokenizer of ``base``."""
    with _explained(base):
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(base, trust_remote_code=False)


def load_base(base: str, quantization: Quantization = "none") -> Any:
    """The model with its weights, on the GPU where there is one.

    Raises:
        ModelFolderError: when it does not exist, is not a causal model, or holds no safetensors.
        ProjectError: when 4-bit weights are asked for without a GPU.
        TrainingError: when memory runs out.
    """
    import torch

    from topicsmith.classifiers.torch_common.devices import memory_explained

    gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if gpu else torch.float32}
    if quantization == "4bit":
        options["quantization_config"] = four_bits()
    cure = "choose a smaller model, or 'quantization: 4bit' on a GPU"
    with _explained(base), memory_explained(f"loading '{base}'", cure):
        from transformers import AutoConfig, AutoModelForCausalLM

        from topicsmith.classifiers.causal.grouped_attention import use_grouped_attention

        refuse_remote_code(AutoConfig.from_pretrained(base, trust_remote_code=False).to_dict(), base)
        load = partial(
            AutoModelForCausalLM.from_pretrained, base, trust_remote_code=False, use_safetensors=True, **options
        )
        try:
            model = use_grouped_attention(load(attn_implementation="sdpa"))
        except ValueError as exc:
            if "attention implementation" not in str(exc):
                raise
            model = load(attn_implementation="eager")
        _refuse_broken_weights(model, base)
        return model.to("cuda") if gpu and quantization == "none" else model


def _refuse_broken_weights(model: Any, base: str) -> None:
    """Refuse weights that are not numbers: every answer would be none either.

    Raises:
        ModelFolderError: naming the first such tensor.
    """
    import torch

    for name, weights in model.state_dict().items():
        if weights.is_floating_point() and not bool(torch.isfinite(weights.sum(dtype=torch.float32))):
            broken = int((~torch.isfinite(weights)).sum())
            if broken:
                raise ModelFolderError(
                    f"{base}: {broken} of the {weights.numel()} weights of '{name}' are not finite numbers; "
                    "copy the folder again or choose another model"
                )


def four_bits() -> Any:
    """How to load a base in 4 bits.

    Raises:
        ProjectError: without a GPU.
        MissingExtraError: without bitsandbytes.
    """
    import torch

    if not torch.cuda.is_available():
        raise ProjectError("'quantization: 4bit' needs a GPU and none was found; write 'quantization: none'")
    try:
        import bitsandbytes  # noqa: F401  # transformers finds it by itself; here it only has to be there
    except ImportError:
        raise MissingExtraError("'quantization: 4bit'", "quant") from None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=True,
    )


@contextmanager
def _explained(base: str) -> Iterator[None]:
    """Turn what transformers raises for a model it cannot load into one line with a cure."""
    from safetensors import SafetensorError

    try:
        with quiet_transformers():
            yield
    except ImportError as exc:
        raise MissingExtraError(f"'{base}'", "train") from exc
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        first = first_line(exc)
        if "Unrecognized configuration class" in first:
            raise ModelFolderError(
                f"{base}: is of an architecture that transformers knows as no causal language model; choose one, such "
                "as Qwen3, or 'kind: encoder'"
            ) from None
        if "trust_remote_code" in str(exc):
            first = "it needs custom code, which is never run"
        cure = "check 'model': a name on the hub (with network) or a folder with config.json, tokenizer.json and "
        raise ModelFolderError(
            f"{base}: cannot be loaded as a causal model: {first.rstrip('.')}; {cure}*.safetensors"
        ) from None


_WINDOWS = ("sliding_window", "sliding_window_size", "attention_window", "attention_chunk_size", "window_size")
_KINDS_WITH_WINDOW = ("sliding", "chunked", "local")


def context_length(model: Any) -> int:
    """The most tokens the model reads at once: no more than the window of any layer, for packed rows know no window."""
    config = model.config.get_text_config()
    told = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions"))
    length = next((int(one) for one in told if isinstance(one, int) and one > 0), 2048)
    return min([length, *_windows(config)])


def _windows(config: Any) -> list[int]:
    """The windows in use; a configuration that does not tell its layers apart uses each window it has."""
    kinds = getattr(config, "layer_types", None) or getattr(config, "attention_layers", None)
    told = kinds is not None and not any(word in str(kind) for kind in kinds for word in _KINDS_WITH_WINDOW)
    if told or getattr(config, "use_sliding_window", None) is False:
        return []
    found = (getattr(config, name, None) for name in _WINDOWS)
    return [int(window) for window in found if isinstance(window, int) and window > 0]
