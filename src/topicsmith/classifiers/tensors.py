"""Arrays and settings in a model folder: safetensors and JSON, read as data and never as code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from topicsmith import json_file
from topicsmith.errors import ModelFolderError, first_line
from topicsmith.json_file import COPY_AGAIN, parse_json

CONFIG = "config.json"
LONGEST_HEADER = 100_000_000
"""What the safetensors format allows a header to be."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.float64] | NDArray[np.float32]]) -> None:
    """Write named arrays as a safetensors file."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Read the arrays called ``names``, as doubles.

    Raises:
        ModelFolderError: when the file is missing, damaged, lacks one of them or holds what is no finite number.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as exc:
        raise ModelFolderError(
            f"{path}: cannot be read as safetensors ({first_line(exc)}); copy the folder again"
        ) from None
    missing = [name for name in names if name not in arrays]
    if missing:
        raise ModelFolderError(f"{path}: missing array '{missing[0]}'; copy the folder again")
    found = {name: np.asarray(arrays[name], dtype=np.float64) for name in names}
    spoilt = [name for name, array in found.items() if not np.isfinite(array).all()]
    if spoilt:
        raise ModelFolderError(f"{path}: the array '{spoilt[0]}' holds values that are no finite numbers; {COPY_AGAIN}")
    return found


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """What the header of a safetensors file says of a tensor: its shape, and where its bytes begin and end."""

    shape: tuple[int, ...]
    begin: int
    end: int


def header_of(file: BinaryIO) -> bytes:
    """The header at the beginning of a safetensors file, or as much of it as the file holds."""
    length = int.from_bytes(file.read(8), "little")
    return file.read(min(length, LONGEST_HEADER))


def tensor_entries(header: bytes) -> list[TensorEntry]:
    """The tensors that a header lists; none where it is damaged, which loading refuses."""
    try:
        found = parse_json(header, "the header", ModelFolderError)
        entries = [entry for name, entry in found.items() if name != "__metadata__"]
        return [TensorEntry(tuple(map(int, entry["shape"])), *map(int, entry["data_offsets"])) for entry in entries]
    except (ModelFolderError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return []


def write_config(folder: Path, model_type: str, topics: Sequence[str], values: Mapping[str, object]) -> None:
    """Write ``config.json`` with ``id2label`` and ``label2id`` as Hugging Face folders have them."""
    document = {
        "model_type": model_type,
        "id2label": {str(index): topic for index, topic in enumerate(topics)},
        "label2id": {topic: index for index, topic in enumerate(topics)},
        **values,
    }
    (folder / CONFIG).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_config(folder: Path, model_type: str | None = None) -> dict[str, object]:
    """Read ``config.json``.

    Raises:
        ModelFolderError: when it is missing, not JSON, of another type than ``model_type``, or names no topics.
    """
    document = read_json(folder / CONFIG)
    if model_type is not None and document.get("model_type") != model_type:
        raise ModelFolderError(f"{folder / CONFIG}: is a '{document.get('model_type')}', not a '{model_type}'")
    return document


def read_json(path: Path) -> dict[str, object]:
    """Read a JSON mapping.

    Raises:
        ModelFolderError: when it is missing or something else.
    """
    try:
        document = json_file.read_json(path, ModelFolderError, COPY_AGAIN)
    except FileNotFoundError:
        raise ModelFolderError(f"{path}: is missing; {COPY_AGAIN}") from None
    if not isinstance(document, dict):
        raise ModelFolderError(f"{path}: is not a mapping; {COPY_AGAIN}")
    return document


def topics_of(config: Mapping[str, object], where: Path) -> tuple[str, ...]:
    """The topics in ``id2label``, by index.

    Raises:
        ModelFolderError: when they are missing or their indices have gaps.
    """
    labels = config.get("id2label")
    if not isinstance(labels, Mapping) or not labels:
        raise ModelFolderError(f"{where}: its config.json names no topics in 'id2label'")
    try:
        topics = tuple(labels[str(index)] for index in range(len(labels)))
    except KeyError as exc:
        raise ModelFolderError(f"{where}: 'id2label' in its config.json lacks the index {exc}") from None
    strange = [topic for topic in topics if not isinstance(topic, str)]
    if strange or len(set(topics)) < len(topics):
        what = f"the topic {strange[0]!r:.60}, which is no text" if strange else "one topic more than once"
        raise ModelFolderError(f"{where}: 'id2label' in its config.json has {what}; {COPY_AGAIN}")
    return topics
