"""A frozen sentence encoder with a logistic head: the encoder's knowledge at the price of one pass over the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from topicsmith.classifiers.base import FitContext, FloatArray, Predictions, Traits, UseAlone
from topicsmith.classifiers.encoder.tokenization import LongTexts
from topicsmith.classifiers.onnx.parts import OnnxParts
from topicsmith.classifiers.probabilities import predictions, softmax
from topicsmith.classifiers.tensors import read_arrays, read_config, topics_of, write_arrays, write_config
from topicsmith.classifiers.torch_common.hub import LANGUAGES, check_folder, find_model, languages_of, need_torch
from topicsmith.classifiers.torch_common.saved_answers import check_saved
from topicsmith.classifiers.training_targets import Targets, training_targets, validation_targets
from topicsmith.classifiers.use_alone import ENCODER_HALF, encoder_program, long_texts_note
from topicsmith.errors import ModelFolderError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

if TYPE_CHECKING:
    from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

_TYPE = "topicsmith-embedding"
_ARRAYS = "head.safetensors"
_ENCODER = "encoder"


class EmbeddingSettings(CandidateSettings):
    """The encoder, and how strongly the head fits: of the values of ``c`` the best on validation rows is taken."""

    model: str = "minilm"
    long_texts: LongTexts = "head"
    c: list[float] = Field(default=[1.0, 10.0, 100.0], min_length=1)


@dataclass(frozen=True)
class EmbeddingClassifier:
    """Weights of shape (topics, width) over the encoder's vectors."""

    topics: tuple[str, ...]
    encoder: SentenceEncoder
    weights: FloatArray
    intercepts: FloatArray
    training_notes: Mapping[str, object]

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Topics with probabilities."""
        scores = self.encoder.encode(texts).astype(np.float64) @ self.weights.T + self.intercepts
        return predictions(self.topics, softmax(scores))

    def save(self, folder: Path) -> None:
        """Write the head, and the encoder in its own folder ``encoder``, so that nothing else is needed."""
        texts = self.encoder.texts
        about = {"encoder": _ENCODER, "long_texts": texts.long_texts, "padding_side": texts.padding.side}
        write_config(folder, _TYPE, self.topics, about)
        write_arrays(folder / _ARRAYS, {"weights": self.weights, "intercepts": self.intercepts})
        self.encoder.save(folder / _ENCODER)
        check_saved(self, KIND.load(folder))

    def onnx_parts(self) -> OnnxParts:
        """Its network gives mean states, the head is its own."""
        return OnnxParts(self.encoder.as_module(), self.encoder.texts, (self.weights, self.intercepts))


class _Embedding:
    Settings = EmbeddingSettings
    traits = Traits(reads_tokens=512, title="sentence embeddings")

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the libraries, and for the model where it is a folder."""
        assert isinstance(settings, EmbeddingSettings)
        need_torch("the kind 'embedding'")
        find_model(settings.model, project_folder)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> EmbeddingClassifier:
        """Encode every text once, for a whole sweep; fit the head for each ``c``, keep the best on ``validation``."""
        assert isinstance(settings, EmbeddingSettings)
        need_torch("the kind 'embedding'")
        from topicsmith.classifiers.encoder.sentence_encoder import remembered_vectors

        targets = training_targets(train, context)
        source = find_model(settings.model, context.project_folder)
        known = remembered_vectors(context.shared, source, settings.long_texts)
        vectors = known.encode(targets.texts).astype(np.float64)
        held_back = validation_targets(validation, targets.topics)
        held_back_vectors = known.encode(held_back.texts).astype(np.float64)
        strengths = settings.c if len(held_back) else settings.c[:1]
        heads = {c: _head(vectors, targets, c) for c in strengths}
        scores = {c: _accuracy(head, held_back_vectors, held_back) for c, head in heads.items()}
        chosen = max(strengths, key=lambda c: scores[c])
        notes: dict[str, object] = {
            "c": chosen,
            "max tokens": known.encoder.texts.max_tokens,
            "training texts beyond max tokens": known.encoder.beyond(targets.texts),
            "validation texts beyond max tokens": known.encoder.beyond(held_back.texts),
            "rule for texts beyond": settings.long_texts,
            LANGUAGES: languages_of(source),
            **({"base model": ENCODER_HALF} if known.encoder.half else {}),
        }
        if len(held_back):
            notes["validation accuracy"] = round(scores[chosen], 4)
        return EmbeddingClassifier(targets.topics, known.encoder, *heads[chosen], notes)

    def load(self, folder: Path) -> EmbeddingClassifier:
        """Load what ``save`` wrote."""
        need_torch("the kind 'embedding'")
        from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

        config = read_config(folder, _TYPE)
        topics, long_texts = topics_of(config, folder), config.get("long_texts")
        arrays = read_arrays(folder / _ARRAYS, ["weights", "intercepts"])
        if arrays["weights"].shape[:1] != (len(topics),) or arrays["intercepts"].shape != (len(topics),):
            raise ModelFolderError(f"{folder}: config.json and {_ARRAYS} do not match; copy the folder again")
        side = config.get("padding_side", "right")
        if long_texts not in {"head", "head_tail", "windows"} or side not in {"right", "left"}:
            raise ModelFolderError(
                f"{folder}: config.json has an unknown 'long_texts' or 'padding_side'; train the candidate again"
            )
        check_folder(folder / _ENCODER)
        encoder = SentenceEncoder(str(folder / _ENCODER), long_texts, side)
        return EmbeddingClassifier(topics, encoder, arrays["weights"], arrays["intercepts"], {})

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """The encoder by transformers, the head by a matrix product."""
        return UseAlone(
            f"It needs torch and transformers.{long_texts_note(about)}", encoder_program("embedding", about)
        )


KIND = _Embedding()


def _head(vectors: FloatArray, targets: Targets, c: float) -> tuple[FloatArray, FloatArray]:
    """Weights and intercepts of a multinomial logistic regression; for two topics the first row is zeros."""
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=c, max_iter=1000)
    model.fit(vectors, targets.indices, sample_weight=targets.weights)
    weights, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(weights) == 1:
        weights, intercepts = np.vstack([0 * weights, weights]), np.concatenate([[0.0], intercepts])
    return weights, intercepts


def _accuracy(head: tuple[FloatArray, FloatArray], vectors: FloatArray, targets: Targets) -> float:
    if not len(targets):
        return 0.0
    weights, intercepts = head
    return float(((vectors @ weights.T + intercepts).argmax(axis=1) == targets.indices).mean())
