"""Any classifier of topics, and a detector beside it that tells what no topic fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.similarity.learnt import Learnt, check_width, read_learnt
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.novelty import (
    LEAST_LABELLED,
    balanced_logistic,
    scores,
    threshold_keeping,
)
from topicsmith.classifiers.similarity.snapshot import with_catch_all
from topicsmith.classifiers.tensors import read_arrays, read_config, write_arrays, write_config
from topicsmith.classifiers.torch_common.hub import check_folder
from topicsmith.errors import ModelFolderError
from topicsmith.json_file import COPY_AGAIN
from topicsmith.records import Prediction
from topicsmith.taxonomy import to_document
from topicsmith.taxonomy_file import from_document

if TYPE_CHECKING:
    from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

TYPE = "topicsmith-detector"
_INNER, _ENCODER, _ARRAYS = "inner", "encoder", "fusion.safetensors"
_PRIOR = np.array([1.0, 0.5, 0.5])
_L2 = 0.003


@dataclass(frozen=True)
class Fusion:
    """Familiarity of a query, and the log of the largest probability and its log odds that the classifier gives.

    All three are standardised by ``means`` and ``spreads`` (3,) and weighed by ``weights`` (3,); what lies below
    ``threshold`` is the catch-all's. ``kept`` and ``bound`` are as in :class:`Detector`.
    """

    means: FloatArray
    spreads: FloatArray
    weights: FloatArray
    threshold: float
    kept: float
    bound: float

    def log_odds(self, found: FloatArray) -> FloatArray:
        """Log odds of the catch-all, from the three numbers of each query, (queries, 3)."""
        value: FloatArray = self.threshold - self._value(found)
        return value

    def _value(self, found: FloatArray) -> FloatArray:
        value: FloatArray = (found - self.means) / self.spreads @ self.weights
        return value


def fuse(held: FloatArray, outside: FloatArray, unused: FloatArray, keeps: float) -> Fusion:
    """Weigh the three numbers: of rows with a topic, of rows of the catch-all; the threshold is set on ``unused``."""
    means, spreads = held.mean(axis=0), np.maximum(held.std(axis=0), 1e-6)
    weights = _PRIOR
    if len(outside) >= LEAST_LABELLED:
        weights = balanced_logistic((held - means) / spreads, (outside - means) / spreads, _PRIOR, _L2)
    value = (unused - means) / spreads @ weights
    threshold, kept, bound = threshold_keeping(value, keeps)
    return Fusion(means, spreads, weights, threshold, kept, bound)


def surety(found: Predictions) -> FloatArray:
    """The log of the largest probability and the log odds of the two largest, (texts, 2).

    Where a classifier gives no probabilities, those of its confidence.
    """
    if found.probabilities is not None and found.probabilities.shape[1] > 1:
        best = np.sort(found.probabilities, axis=1)[:, -2:]
    else:
        sure = np.array([item.confidence if item.confidence is not None else 0.5 for item in found])
        best = np.stack([np.minimum(1 - sure, sure), sure], axis=1)
    logs = np.log(np.clip(best, 1e-9, 1.0))
    return np.stack([logs[:, 1], logs[:, 1] - logs[:, 0]], axis=1)


class DetectedClassifier:
    """A classifier of the topics but the catch-all, with a detector for that one."""

    def __init__(
        self,
        inner: FittedModel,
        kind: str,
        learnt: Learnt,
        encoder: SentenceEncoder,
        fusion: Fusion,
        notes: Mapping[str, object],
    ) -> None:
        """``kind`` is that of ``inner``."""
        self._inner, self._kind, self._learnt, self._encoder, self._fusion = inner, kind, learnt, encoder, fusion
        self.training_notes = notes

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics, with the catch-all, in the taxonomy's order."""
        return self._learnt.taxonomy.names

    def predict(self, texts: Sequence[str]) -> Predictions:
        """The inner classifier's answers, and the catch-all where the detector says so."""
        found = self._inner.predict(texts)
        if not len(found):
            return Predictions((), np.zeros((0, len(self.topics))))
        vectors = self._encoder.encode([plain_text(text) for text in texts])
        log_odds = self._fusion.log_odds(three_numbers(self._learnt, vectors, found))
        catch_all = self._learnt.catch_all
        if found.probabilities is None:
            items = [self._item(item, float(odds)) for item, odds in zip(found, log_odds, strict=True)]
            return Predictions(tuple(items))
        spread = np.zeros((len(found), len(self.topics)))
        spread[:, [self.topics.index(name) for name in self._inner.topics]] = found.probabilities
        shares = with_catch_all(spread, log_odds, catch_all)
        answered = np.array([item.topic is not None for item in found])
        shares[~answered] = 0.0
        items = [
            item if item.topic is None else self._answer(item, row, int(row.argmax()))
            for item, row in zip(found, shares, strict=True)
        ]
        return Predictions(tuple(items), shares)

    def _answer(self, item: Prediction, shares: FloatArray, best: int) -> Prediction:
        topic = self.topics[best]
        subtopic = item.subtopic if topic == item.topic else None
        return replace(item, topic=topic, subtopic=subtopic, confidence=float(shares[best]))

    def _item(self, item: Prediction, log_odds: float) -> Prediction:
        """An answer of a classifier without probabilities."""
        if item.topic is None:
            return item
        outside = 1 / (1 + float(np.exp(-np.clip(log_odds, -500, 500))))
        if log_odds > 0:
            return replace(item, topic=self.topics[self._learnt.catch_all], subtopic=None, confidence=outside)
        return item if item.confidence is None else replace(item, confidence=item.confidence * (1 - outside))

    def save(self, folder: Path) -> None:
        """Write the inner classifier as a model folder of its own, the encoder and what the detector learnt."""
        save_classifier(self._inner, self._kind, folder / _INNER, "# Topics without the catch-all\n", {})
        fusion = self._fusion
        about = {
            "taxonomy": to_document(self._learnt.taxonomy),
            "padding_side": self._encoder.texts.padding.side,
            "threshold": fusion.threshold,
            "kept": fusion.kept,
            "bound": fusion.bound,
            "inner": self._kind,
            "learnt": self._learnt.write(folder),
        }
        write_config(folder, TYPE, self.topics, about)
        write_arrays(folder / _ARRAYS, {"means": fusion.means, "spreads": fusion.spreads, "weights": fusion.weights})
        self._encoder.save(folder / _ENCODER)


def three_numbers(learnt: Learnt, vectors: Vectors, found: Predictions) -> FloatArray:
    """What :class:`Fusion` weighs, (texts, 3)."""
    return np.concatenate([familiarity(learnt, vectors)[:, None], surety(found)], axis=1)


def familiarity(learnt: Learnt, vectors: Vectors, *, themselves: bool = False) -> FloatArray:
    """How familiar vectors look, (texts,); ``themselves`` as in :func:`scores`."""
    assert learnt.detector is not None
    assert learnt.familiar is not None
    queries = unit(vectors - learnt.centre)
    return learnt.detector.familiarity(scores(queries, learnt.familiar, themselves=themselves))


def load_detected(folder: Path) -> DetectedClassifier:
    """Load what :meth:`DetectedClassifier.save` wrote.

    Raises:
        ModelFolderError: when something is missing or damaged.
    """
    from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

    config = read_config(folder, TYPE)
    about, side, kind = config.get("learnt"), config.get("padding_side"), config.get("inner")
    numbers: list[Any] = [config.get(name) for name in ("threshold", "kept", "bound")]
    if not isinstance(about, Mapping) or not isinstance(kind, str) or not all(isinstance(n, float) for n in numbers):
        raise ModelFolderError(f"{folder}: config.json is not what was saved; {COPY_AGAIN}")
    learnt = read_learnt(folder, about, from_document(config.get("taxonomy"), folder))
    arrays = read_arrays(folder / _ARRAYS, ["means", "spreads", "weights"])
    shapes = [array.shape == (3,) for array in arrays.values()]
    if learnt.detector is None or not all(shapes) or (arrays["spreads"] <= 0).any() or side not in {"left", "right"}:
        raise ModelFolderError(f"{folder}: what its detector learnt is not what was saved; {COPY_AGAIN}")
    inner = load_classifier(folder / _INNER)
    unknown = sorted(set(inner.topics) - {name for name in learnt.taxonomy.names if name != learnt.taxonomy.catch_all})
    if unknown:
        raise ModelFolderError(f"{folder / _INNER}: has the topic '{unknown[0]}', the detector has not; {COPY_AGAIN}")
    check_folder(folder / _ENCODER)
    encoder = SentenceEncoder(str(folder / _ENCODER), "head", "left" if side == "left" else "right")
    check_width(learnt, encoder.encode([]), folder)
    fusion = Fusion(arrays["means"], arrays["spreads"], arrays["weights"], *numbers)
    return DetectedClassifier(inner, kind, learnt, encoder, fusion, {})
