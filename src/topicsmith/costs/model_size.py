"""How many parameters a candidate's model has: from its name, its base model or the headers of its weights."""

import re
from math import prod
from pathlib import Path

from topicsmith.classifiers.tensors import header_of, tensor_entries

_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])", re.IGNORECASE)


def parameters_of(model: str | None, folder: Path, project_folder: Path) -> int | None:
    """The parameters of a whole model, ``None`` where nothing says.

    Args:
        model: its name as the project file has it; ``Qwen/Qwen3-4B`` states four billion.
        folder: the trained candidate's folder, whose weights are counted unless they are adapters only.
        project_folder: where a base model named by its path lies.
    """
    stated = stated_in(model) if model is not None else None
    if stated is not None:
        return stated
    counted = _counted(folder)
    if counted is not None or model is None:
        return counted
    return _counted(project_folder / model)


def stated_in(name: str) -> int | None:
    """The size that a model's name states.

    >>> stated_in("together:Qwen/Qwen3-0.6B"), stated_in("openai/gpt-oss-20b"), stated_in("minilm")
    (600000000, 20000000000, None)
    """
    found = _SIZE.search(name)
    if found is None:
        return None
    return round(float(found.group(1)) * (1e9 if found.group(2).lower() == "b" else 1e6))


def _counted(folder: Path) -> int | None:
    """All elements in the safetensors files under ``folder``, adapters apart from whole weights left out."""
    files = [path for path in sorted(folder.rglob("*.safetensors")) if not path.name.startswith("adapter")]
    return sum(elements(path) for path in files) or None


def elements(path: Path) -> int:
    """How many numbers a safetensors file holds, from its header; none where that is damaged."""
    with path.open("rb") as file:
        tensors = tensor_entries(header_of(file))
    return sum(prod(tensor.shape) for tensor in tensors)
