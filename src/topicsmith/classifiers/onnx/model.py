"""A classifier that answers by onnxruntime, tokenizers and numpy: no torch, no transformers."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np

from topicsmith.classifiers.base import FloatArray, Predictions
from topicsmith.classifiers.encoder.batching import Side, inference_batches, pad
from topicsmith.classifiers.encoder.tokenization import Encoded, LongTexts, TextEncoder
from topicsmith.classifiers.onnx.tokens import TOKENIZER, FileTokenizer
from topicsmith.classifiers.probabilities import predictions, softmax
from topicsmith.classifiers.tensors import CONFIG, read_arrays, read_config, topics_of
from topicsmith.errors import MissingExtraError, ModelFolderError, first_line
from topicsmith.json_file import COPY_AGAIN

GRAPH = "model.onnx"
HEAD = "head.safetensors"
CALIBRATION = "calibration.json"
TYPE = "topicsmith-onnx"
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "numbers"
_LEAST = {"max_tokens": 8, "padding_id": 0, "empty_id": 0}
"""Whole numbers that the settings name, and what they are at least."""


@dataclass(frozen=True)
class OnnxClassifier:
    """An onnxruntime session with its tokenizer; ``head`` are weights and intercepts over the direction of states.

    ``folder`` holds the files it was read from. It may be asked from several threads at once.
    """

    topics: tuple[str, ...]
    session: Any
    texts: TextEncoder
    head: tuple[FloatArray, FloatArray] | None
    folder: Path

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Topics with probabilities, grouped by length; a text gets the same alone and in company up to rounding."""
        if not texts:
            return predictions(self.topics, np.zeros((0, len(self.topics))))
        encoded = self.texts.encode(texts)
        numbers = self._numbers(encoded)
        if self.head is None:
            return predictions(self.topics, encoded.mean_by_text(softmax(numbers)))
        means = encoded.mean_by_text(numbers)
        unit = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        weights, intercepts = self.head
        return predictions(self.topics, softmax(unit @ weights.T + intercepts))

    def _numbers(self, encoded: Encoded) -> FloatArray:
        width = len(self.topics) if self.head is None else self.head[0].shape[1]
        found: FloatArray = np.zeros((len(encoded.pieces), width))
        for batch in inference_batches(encoded.lengths):
            ids, mask = pad([encoded.pieces[row] for row in batch], self.texts.padding)
            found[batch] = self.session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))[0]
        return found

    def save(self, folder: Path) -> None:
        """Copy its files."""
        for name in (GRAPH, TOKENIZER, CONFIG, HEAD, CALIBRATION):
            if (self.folder / name).is_file():
                shutil.copyfile(self.folder / name, folder / name)


def need_onnxruntime(what: str) -> None:
    """Check that what reads these folders is installed.

    Raises:
        MissingExtraError: naming ``what`` and the command that installs it.
    """
    if find_spec("onnxruntime") is None or find_spec("tokenizers") is None:
        raise MissingExtraError(what, "onnx")


def read_model(folder: Path) -> OnnxClassifier:
    """The classifier in ``folder``.

    Raises:
        MissingExtraError: when onnxruntime or tokenizers is not installed.
        ModelFolderError: in one line, when a file is missing or damaged, or files do not belong together.
    """
    need_onnxruntime("the kind 'onnx'")
    config = read_config(folder, TYPE)
    topics = topics_of(config, folder)
    side, long_texts = config.get("padding_side"), config.get("long_texts")
    found = {name: config.get(name) for name in _LEAST}
    edited = [name for name, value in found.items() if type(value) is not int or value < _LEAST[name]]
    edited += [] if side in {"right", "left"} else ["padding_side"]
    edited += [] if long_texts in {"head", "head_tail", "windows"} else ["long_texts"]
    if edited:
        raise ModelFolderError(f"{folder / CONFIG}: '{edited[0]}' is missing or was edited; {COPY_AGAIN}")
    most, padding, empty = (cast("int", value) for value in found.values())
    tokenizer = FileTokenizer(folder / TOKENIZER, padding, empty)
    texts = TextEncoder(tokenizer, most, cast("LongTexts", long_texts), cast("Side", side))
    head = _read_head(folder, len(topics)) if config.get("head") else None
    session = _session(folder / GRAPH, len(topics) if head is None else head[0].shape[1])
    return OnnxClassifier(topics, session, texts, head, folder)


def _read_head(folder: Path, topics: int) -> tuple[FloatArray, FloatArray]:
    arrays = read_arrays(folder / HEAD, ["weights", "intercepts"])
    weights, intercepts = arrays["weights"], arrays["intercepts"]
    if weights.ndim != 2 or len(weights) != topics or intercepts.shape != (topics,):
        raise ModelFolderError(f"{folder}: {CONFIG} and {HEAD} do not match; {COPY_AGAIN}")
    return weights, intercepts


def _session(path: Path, width: int) -> Any:
    """The graph at ``path``, which must give ``width`` numbers a piece."""
    import onnxruntime

    if not path.is_file():
        raise ModelFolderError(f"{path}: is missing; {COPY_AGAIN}")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised; the library would tell it on standard error as well
    threads = os.environ.get("OMP_NUM_THREADS", "")  # which torch goes by too
    if threads.isdecimal():
        options.intra_op_num_threads = int(threads)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # noqa: BLE001  # onnxruntime has a type of its own for every reason
        raise ModelFolderError(f"{path}: onnxruntime cannot read it ({first_line(exc)}); {COPY_AGAIN}") from None
    given, made = {each.name for each in session.get_inputs()}, session.get_outputs()
    if given != set(INPUTS) or [each.name for each in made] != [OUTPUT] or made[0].shape[-1:] != [width]:
        raise ModelFolderError(
            f"{path}: takes {', '.join(sorted(given))} and gives {', '.join(f'{m.name} {m.shape}' for m in made)}, not "
            f"{' and '.join(INPUTS)} to {width} {OUTPUT}; {COPY_AGAIN}"
        )
    return session
