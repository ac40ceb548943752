"""TF-IDF of words and characters with a linear model: seconds to train, no torch, hard to beat on short texts.

Word n-grams (1-2) and character n-grams inside words (2-5), weighted by sublinear TF-IDF, into one-versus-rest linear
support vector machines; a softmax over their scores, sharpened on validation rows, gives probabilities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from topicsmith.classifiers.base import FitContext, FloatArray, Predictions, Traits, UseAlone
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.probabilities import fit_sharpness, predictions, softmax
from topicsmith.classifiers.tensors import (
    CONFIG,
    read_arrays,
    read_config,
    read_json,
    topics_of,
    write_arrays,
    write_config,
)
from topicsmith.classifiers.training_targets import IntArray, Targets, training_targets, validation_targets
from topicsmith.classifiers.use_alone import program
from topicsmith.errors import ModelFolderError, TrainingError
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_TYPE = "topicsmith-linear"
_ARRAYS = "model.safetensors"
_VOCABULARY = "vocabulary.json"
_PARTS = ("word", "character")
_ENOUGH_VALIDATION_ROWS = 30
MAX_CHARACTERS = 20_000


class LinearSettings(CandidateSettings):
    """The strength of the fit and the features.

    ``c`` is the inverse of the regularisation. ``min_count`` drops character n-grams of fewer training texts.
    """

    c: float = Field(default=1.0, gt=0)
    min_count: int = Field(default=2, ge=1)
    word_ngrams: int = Field(default=2, ge=1, le=3)
    character_ngrams: int = Field(default=5, ge=2, le=8)


@dataclass(frozen=True)
class LinearClassifier:
    """Weights of shape (topics, features); ``vectorizers`` are scikit-learn's, for words and for characters."""

    topics: tuple[str, ...]
    vectorizers: tuple[Any, Any]
    weights: FloatArray
    intercepts: FloatArray
    sharpness: float
    options: dict[str, int]

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Topics with probabilities; texts are read up to ``MAX_CHARACTERS``."""
        if not texts:
            return predictions(self.topics, np.zeros((0, len(self.topics))))
        features = _features(self.vectorizers, [plain_text(text) for text in texts])
        scores = features @ self.weights.T + self.intercepts
        return predictions(self.topics, softmax(scores * self.sharpness))

    def save(self, folder: Path) -> None:
        """Write weights as safetensors and the vocabulary as JSON."""
        write_config(folder, _TYPE, self.topics, {"features": self.options})
        words = {part: _terms(v.vocabulary_) for part, v in zip(_PARTS, self.vectorizers, strict=True)}
        (folder / _VOCABULARY).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        arrays = {f"idf.{part}": v.idf_ for part, v in zip(_PARTS, self.vectorizers, strict=True)}
        arrays |= {"weights": self.weights, "intercepts": self.intercepts, "sharpness": np.array([self.sharpness])}
        write_arrays(folder / _ARRAYS, arrays)


class _Linear:
    Settings = LinearSettings
    traits = Traits(title="TF-IDF with a linear model")

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> LinearClassifier:
        """Learn vocabulary and weights from ``train``; copies and weights count as weights of rows."""
        assert isinstance(settings, LinearSettings)
        targets = training_targets(train, context)
        options = {
            "word_ngrams": settings.word_ngrams,
            "character_ngrams": settings.character_ngrams,
            "min_count": settings.min_count,
        }
        vectorizers = _vectorizers(options)
        try:
            features = _fit_features(vectorizers, targets.texts)
        except ValueError as exc:
            raise TrainingError(
                f"candidate '{settings.name}': the training texts have no usable words ({exc})"
            ) from None
        weights, intercepts = _fit_weights(features, targets.indices, targets.weights, settings)
        held_back = validation_targets(validation, targets.topics)
        sharpness = _sharpness(features, weights, intercepts, vectorizers, targets, held_back, settings)
        return LinearClassifier(targets.topics, vectorizers, weights, intercepts, sharpness, options)

    def load(self, folder: Path) -> LinearClassifier:
        """Load what ``save`` wrote; predictions are the same to the last bit."""
        config = read_config(folder, _TYPE)
        topics = topics_of(config, folder)
        options = checked(dict[str, int], config.get("features"), folder / CONFIG, ModelFolderError, COPY_AGAIN)
        words = read_json(folder / _VOCABULARY)
        names = [*(f"idf.{part}" for part in _PARTS), "weights", "intercepts", "sharpness"]
        arrays = read_arrays(folder / _ARRAYS, names)
        features = sum(len(arrays[f"idf.{part}"]) for part in _PARTS)
        shapes = (arrays["weights"].shape, arrays["intercepts"].shape)
        if shapes != ((len(topics), features), (len(topics),)) or min(options.values(), default=0) < 1:
            raise ModelFolderError(f"{folder}: config.json and {_ARRAYS} do not match; copy the folder again")
        vectorizers = _vectorizers(options, words)
        for part, vectorizer in zip(_PARTS, vectorizers, strict=True):
            terms = words.get(part)
            if not isinstance(terms, list) or len(terms) != len(arrays[f"idf.{part}"]):
                raise ModelFolderError(f"{folder}: {_VOCABULARY} and {_ARRAYS} do not match; copy the folder again")
            vectorizer.idf_ = arrays[f"idf.{part}"]
        sharpness = float(arrays["sharpness"][0])
        return LinearClassifier(topics, vectorizers, arrays["weights"], arrays["intercepts"], sharpness, options)

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:  # the same for every folder
        """Numpy and safetensors suffice."""
        return UseAlone("It needs numpy and safetensors only, no scikit-learn.", program("linear"))


KIND = _Linear()


def _vectorizers(options: dict[str, int], vocabularies: dict[str, Any] | None = None) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    known = vocabularies or {}
    words = TfidfVectorizer(
        ngram_range=(1, options["word_ngrams"]),
        token_pattern=r"(?u)\b\w+\b",  # noqa: S106  # a pattern of words, not a password
        sublinear_tf=True,
        vocabulary=known.get("word"),
    )
    characters = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, options["character_ngrams"]),
        min_df=options["min_count"],
        sublinear_tf=True,
        vocabulary=known.get("character"),
    )
    return words, characters


def _fit_features(vectorizers: tuple[Any, Any], texts: list[str]) -> csr_matrix:
    from scipy.sparse import hstack

    return hstack([v.fit_transform([text[:MAX_CHARACTERS] for text in texts]) for v in vectorizers]).tocsr()


def _features(vectorizers: tuple[Any, Any], texts: list[str]) -> csr_matrix:
    from scipy.sparse import hstack

    return hstack([v.transform([text[:MAX_CHARACTERS] for text in texts]) for v in vectorizers]).tocsr()


def _fit_weights(
    features: csr_matrix, indices: IntArray, row_weights: FloatArray, settings: LinearSettings
) -> tuple[FloatArray, FloatArray]:
    """Weights (topics, features) and intercepts (topics,); with two topics the second's scores mirror the first's."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=settings.c, random_state=settings.seed, max_iter=5000)
    model.fit(features, indices, sample_weight=row_weights)
    weights, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(weights) == 1:
        weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
    return weights, intercepts


def _sharpness(
    features: csr_matrix,
    weights: FloatArray,
    intercepts: FloatArray,
    vectorizers: tuple[Any, Any],
    targets: Targets,
    validation: Targets,
    settings: LinearSettings,
) -> float:
    """How sharp the softmax should be: by validation rows, or by a held-back fifth of the training rows if too few."""
    known = validation.indices >= 0
    if known.sum() >= _ENOUGH_VALIDATION_ROWS:
        scores = _features(vectorizers, validation.texts) @ weights.T + intercepts
        return fit_sharpness(scores[known], validation.indices[known])
    return _sharpness_from_training(features, targets, settings)


def _sharpness_from_training(features: csr_matrix, targets: Targets, settings: LinearSettings) -> float:
    order = np.random.default_rng(settings.seed).permutation(len(targets))
    held, kept = order[: len(order) // 5], order[len(order) // 5 :]
    topics = np.unique(targets.indices[kept])
    held = held[np.isin(targets.indices[held], topics)]
    if len(topics) < 2 or not len(held):
        return 1.0
    weights, intercepts = _fit_weights(features[kept], targets.indices[kept], targets.weights[kept], settings)
    scores = features[held] @ weights.T + intercepts
    return fit_sharpness(scores, np.searchsorted(topics, targets.indices[held]))


def _terms(vocabulary: dict[str, int]) -> list[str]:
    return sorted(vocabulary, key=vocabulary.__getitem__)
