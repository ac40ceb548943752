"""From a trained classifier to the files of the kind ``onnx``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from topicsmith.classifiers.onnx.graph import write_graph
from topicsmith.classifiers.onnx.int8 import quantize
from topicsmith.classifiers.onnx.model import GRAPH, HEAD, TYPE
from topicsmith.classifiers.onnx.parts import OnnxParts
from topicsmith.classifiers.onnx.tokens import TOKENIZER
from topicsmith.classifiers.tensors import write_arrays, write_config
from topicsmith.errors import ModelFolderError

Precision = Literal["fp32", "int8"]


def write_files(parts: OnnxParts, topics: Sequence[str], folder: Path, precision: Precision) -> None:
    """Write graph, tokenizer and settings into the empty ``folder``.

    Raises:
        ModelFolderError: in one line, when the network cannot be written, or its tokenizer is not one of a file.
    """
    backend = getattr(parts.texts.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelFolderError(
            "this encoder's tokenizer is written in Python and has no 'tokenizer.json'; serve the trained one itself"
        )
    texts = parts.texts
    if precision == "int8":
        write_graph(parts, folder / f"whole-{GRAPH}")
        quantize(folder / f"whole-{GRAPH}", folder / GRAPH)
        (folder / f"whole-{GRAPH}").unlink()
    else:
        write_graph(parts, folder / GRAPH)
    backend.save(str(folder / TOKENIZER))
    values: dict[str, object] = {
        "precision": precision,
        "head": parts.head is not None,
        "max_tokens": texts.max_tokens,
        "long_texts": texts.long_texts,
        "padding_side": texts.padding.side,
        "padding_id": texts.padding.id,
        "empty_id": texts.empty_id,
    }
    if parts.head is not None:
        write_arrays(folder / HEAD, {"weights": parts.head[0], "intercepts": parts.head[1]})
    write_config(folder, TYPE, topics, values)
