"""The kind ``onnx``: a folder that ``topicsmith export --onnx`` wrote. It is loaded and never fitted."""

from collections.abc import Mapping
from pathlib import Path

from topicsmith.classifiers.base import FitContext, Traits, UseAlone
from topicsmith.classifiers.onnx.model import OnnxClassifier, read_model
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

_NOT_FITTED = (
    "'kind: onnx' cannot be trained: such a folder is written by 'topicsmith export RUN --onnx' from a trained "
    "encoder; write 'kind: encoder'"
)


class _Onnx:
    Settings = CandidateSettings
    traits = Traits(reads_tokens=512, title="an encoder for onnxruntime")

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Say that it cannot be fitted, before anything else is done.

        Raises:
            ProjectError: always.
        """
        raise ProjectError(_NOT_FITTED)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> OnnxClassifier:
        """Not possible.

        Raises:
            ProjectError: always.
        """
        raise ProjectError(_NOT_FITTED)

    def load(self, folder: Path) -> OnnxClassifier:
        """Load what was exported; nothing but onnxruntime, tokenizers and numpy is needed."""
        return read_model(folder)

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """The graph is one of plain ONNX operators."""
        return UseAlone(
            "`model.onnx` takes `input_ids` and `attention_mask` of shape (texts, tokens), as `tokenizer.json` makes "
            "them, and gives `numbers` (texts, k): logits of the topics in `config.json`, or, where there is a "
            "`head.safetensors`, mean states, to be scaled to length one and multiplied with it."
        )


KIND = _Onnx()
