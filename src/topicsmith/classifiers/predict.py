"""Predicting a whole split: bounded batches, failures as values, and how long it took."""

import time
from collections.abc import Sequence

import numpy as np

from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions
from topicsmith.errors import StoppedError, StorageError, TopicsmithError, UserError
from topicsmith.machine_load import OtherPrograms
from topicsmith.progress import Progress
from topicsmith.records import Prediction, Timing
from topicsmith.statistics.percentiles import percentile_ends

BATCH = 512
_SINGLES = 100
_LEAST_SINGLES = 10
_SINGLES_SECONDS = 20.0


def predict_all(
    classifier: FittedModel, texts: Sequence[str], progress: Progress, batch: int = BATCH
) -> tuple[Predictions, Timing]:
    """Predictions for all ``texts``, in order, and the speed.

    A text whose prediction raises an error of a service or of the model becomes a failure. What the user must mend,
    a spent budget and a full disk are raised.
    """
    parts = []
    others = OtherPrograms()
    started = time.perf_counter()
    with progress.task("predicting", len(texts), "texts") as task:
        for start in range(0, len(texts), batch):
            part = texts[start : start + batch]
            parts.append(_predict(classifier, part))
            task.advance(len(part))
    seconds = time.perf_counter() - started
    joined = _join(parts, len(classifier.topics))
    latencies = _latencies(classifier, texts, joined)
    p95_low, p95_high = percentile_ends(latencies, 0.95)
    return joined, Timing(
        p50_ms=float(np.percentile(latencies, 50)) if latencies else None,
        p95_ms=float(np.percentile(latencies, 95)) if latencies else None,
        texts_per_s=len(texts) / seconds if texts and seconds > 0 else None,
        singles=len(latencies),
        others=others.share(),
        p95_low=p95_low,
        p95_high=p95_high,
    )


def _predict(classifier: FittedModel, texts: Sequence[str]) -> Predictions:
    """Predictions for one batch; when the batch fails, each text is tried alone, so that one cannot spoil others."""
    try:
        return classifier.predict(texts)
    except (UserError, StoppedError, StorageError):
        raise
    except TopicsmithError:
        if len(texts) == 1:
            return Predictions((Prediction(None, status="failed"),))
    return _join([_predict(classifier, [text]) for text in texts], len(classifier.topics))


def _join(parts: Sequence[Predictions], topics: int) -> Predictions:
    """All parts as one; a part without probabilities among parts with them counts as zeros."""
    items = tuple(item for part in parts for item in part)
    if all(part.probabilities is None for part in parts):
        return Predictions(items)
    rows: list[FloatArray] = [
        np.zeros((len(part), topics)) if part.probabilities is None else part.probabilities for part in parts
    ]
    return Predictions(items, np.concatenate(rows))


def _latencies(classifier: FittedModel, texts: Sequence[str], predictions: Predictions) -> list[float]:
    """Milliseconds a text. Where answers carry their own times (paid services), nothing is asked again."""
    told = [item.latency_s * 1000 for item in predictions if item.latency_s is not None]
    if told or not texts:
        return told
    chosen = [texts[index] for index in np.linspace(0, len(texts) - 1, min(_SINGLES, len(texts))).astype(int)]
    _predict(classifier, chosen[:1])
    measured: list[float] = []
    begun = time.perf_counter()
    for text in chosen:
        started = time.perf_counter()
        _predict(classifier, [text])
        measured.append((time.perf_counter() - started) * 1000)
        if len(measured) >= _LEAST_SINGLES and time.perf_counter() - begun > _SINGLES_SECONDS:
            break
    return measured
