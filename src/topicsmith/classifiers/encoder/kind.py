"""Fine-tuning an encoder: all weights of any Hugging Face encoder, with a classification head."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from topicsmith.classifiers.base import FitContext, Predictions, Traits, UseAlone
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.onnx.parts import OnnxParts
from topicsmith.classifiers.probabilities import predictions, softmax
from topicsmith.classifiers.tensors import read_config, read_json, topics_of, write_config
from topicsmith.classifiers.torch_common.hub import check_folder, find_model, need_torch
from topicsmith.classifiers.torch_common.launcher import train_together
from topicsmith.classifiers.torch_common.saved_answers import check_saved
from topicsmith.classifiers.training_targets import training_targets, validation_targets
from topicsmith.classifiers.use_alone import encoder_program, long_texts_note
from topicsmith.errors import ModelFolderError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

if TYPE_CHECKING:
    from topicsmith.classifiers.encoder.model import EncoderModel

__all__ = ["KIND", "EncoderClassifier", "EncoderSettings"]

_EXTRA = "topicsmith_encoder.json"
_TYPE = "topicsmith-encoder"
ENCODER = "encoder"
HEAD = "head.safetensors"


@dataclass(frozen=True)
class EncoderClassifier:
    """A fitted encoder with its tokenizer."""

    topics: tuple[str, ...]
    model: EncoderModel
    encoder: TextEncoder
    training_notes: Mapping[str, object]

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Topics with probabilities; computed in single precision, grouped by length."""
        if not texts:
            return predictions(self.topics, np.zeros((0, len(self.topics))))
        from topicsmith.classifiers.encoder.learner import piece_logits

        encoded = self.encoder.encode(texts)
        logits = piece_logits(self.model, encoded, self.encoder.padding)
        return predictions(self.topics, encoded.mean_by_text(softmax(logits)))

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder: weights, configuration with ``id2label``, tokenizer.

        With ``pooling: mean`` that is the folder ``encoder``, and the head lies beside it.
        """
        whole = self.model.pooling != "mean"
        network = folder if whole else folder / ENCODER
        self.model.save(network, folder / HEAD)
        self.encoder.save_tokenizer(network)
        if not whole:  # so that nobody takes the folder for a classifier of transformers, whose head would be random
            write_config(folder, _TYPE, self.topics, {"encoder": ENCODER})
        extra = {
            "pooling": self.model.pooling,
            "max_tokens": self.encoder.max_tokens,
            "long_texts": self.encoder.long_texts,
            "padding_side": self.encoder.padding.side,
        }
        (folder / _EXTRA).write_text(json.dumps(extra, indent=2) + "\n", encoding="utf-8")
        check_saved(self, KIND.load(folder))

    def onnx_parts(self) -> OnnxParts:
        """Its network gives logits."""
        return OnnxParts(self.model, self.encoder)


class _Encoder:
    Settings = EncoderSettings
    traits = Traits(reads_tokens=512, title="a fine-tuned encoder")

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the libraries, and for the model where it is a folder."""
        assert isinstance(settings, EncoderSettings)
        need_torch("the kind 'encoder'")
        find_model(settings.model, project_folder)
        if settings.device == "cuda":
            from topicsmith.classifiers.torch_common.devices import choose_device

            choose_device(settings.device)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> EncoderClassifier:
        """Fine-tune; with several seeds the one with the best validation score is kept, and all scores are noted."""
        assert isinstance(settings, EncoderSettings)
        need_torch("the kind 'encoder'")
        from topicsmith.classifiers.encoder.fit import fit_encoder
        from topicsmith.classifiers.torch_common.devices import choose_device

        on_processor = choose_device(settings.device).type == "cpu"
        train_together(settings, settings.processes, on_processor, train, validation, context)
        targets = training_targets(train, context)
        held_back = validation_targets(validation, targets.topics)
        model, encoder, notes = fit_encoder(settings, targets, held_back, context)
        return EncoderClassifier(targets.topics, model, encoder, notes)

    def load(self, folder: Path) -> EncoderClassifier:
        """Load what ``save`` wrote."""
        need_torch("the kind 'encoder'")
        from topicsmith.classifiers.encoder.model import saved_model
        from topicsmith.classifiers.torch_common.devices import choose_device

        extra = read_json(folder / _EXTRA)
        topics = topics_of(read_config(folder), folder)
        pooling, long_texts, max_tokens = extra.get("pooling"), extra.get("long_texts"), extra.get("max_tokens")
        side = extra.get("padding_side", "right")
        if (
            pooling not in {"model", "layer", "mean"}
            or long_texts not in {"head", "head_tail", "windows"}
            or not isinstance(max_tokens, int)
            or side not in {"right", "left"}
        ):
            raise ModelFolderError(f"{folder / _EXTRA}: was edited; copy the folder again")
        network = folder / ENCODER if (folder / ENCODER).is_dir() else folder
        check_folder(network)
        model = saved_model(network, pooling, len(topics), folder / HEAD).to(choose_device("auto"))
        encoder = TextEncoder(load_tokenizer(str(network)), max_tokens, long_texts, side)
        return EncoderClassifier(topics, model, encoder, {})

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """By transformers alone with the architecture's own head, and with some lines otherwise."""
        note = f"It needs torch and transformers.{long_texts_note(about)}"
        notes = about.get("notes")
        if isinstance(notes, Mapping) and notes.get("pooling") == "mean":
            return UseAlone(note, encoder_program("encoder_mean", about))
        return UseAlone(note, encoder_program("encoder_model", about), "text-classification")


KIND = _Encoder()
