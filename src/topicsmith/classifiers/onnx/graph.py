"""A torch module written as an ONNX graph, batch and length left open."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from logging import ERROR, getLogger
from pathlib import Path

from topicsmith.classifiers.encoder.batching import pad
from topicsmith.classifiers.onnx.model import INPUTS, OUTPUT
from topicsmith.classifiers.onnx.parts import OnnxParts
from topicsmith.errors import MissingExtraError, ModelFolderError, first_line

OPSET = 18
"""What the exporter of torch writes without converting, and onnxruntime reads since 1.14."""
_LARGEST = 2_000_000_000  # bytes of a protocol buffer, in which a graph is one message


def need_exporter() -> None:
    """Check that what writes graphs is installed.

    Raises:
        MissingExtraError: naming the command that installs it.
    """
    for extra, libraries in (("train", ("torch", "transformers")), ("onnx", ("onnx", "onnxscript", "onnxruntime"))):
        if any(find_spec(library) is None for library in libraries):
            raise MissingExtraError("'export --onnx'", extra)


def write_graph(parts: OnnxParts, path: Path) -> None:
    """Write the network of ``parts``, which is brought to the CPU for it, to ``path`` in single precision.

    Raises:
        ModelFolderError: in one line, when its architecture cannot be written, or is too large for one file.
    """
    import torch

    network = parts.network.cpu().eval()
    size = sum(weight.numel() * 4 for weight in network.parameters())
    if size > _LARGEST:
        raise ModelFolderError(f"an ONNX file holds 2 GB and this encoder has {size / 1e9:.1f}; export a smaller one")
    pieces = parts.texts.encode(["how do i reset it", "a"]).pieces
    ids, mask = (torch.from_numpy(array) for array in pad(pieces, parts.texts.padding))
    free = torch.export.Dim.DYNAMIC
    try:
        with _quiet():
            program = torch.onnx.export(
                network,
                (ids, mask),
                input_names=list(INPUTS),
                output_names=[OUTPUT],
                dynamic_shapes=({0: free, 1: free}, {0: free, 1: free}),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
            assert program is not None
            program.save(path, external_data=False)
    except (OSError, MemoryError):
        raise
    except Exception as exc:  # what an architecture raises that cannot be traced is not known beforehand
        raise ModelFolderError(
            f"this encoder cannot be written as ONNX ({first_line(exc).rstrip('.')}); serve the trained one itself"
        ) from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of operators that no encoder has, and of its own future."""
    logger = getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
