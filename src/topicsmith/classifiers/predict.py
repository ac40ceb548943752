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
_PLAIN = "a"


def predict_all(
    classifier: FittedModel, texts: Sequence[str], progress: Progress, batch: int = BATCH
) -> tuple[Predictions, Timing]:
    """Predictions for all ``texts``, in order, and the speed.

    Failures are those of :func:`predict_each`.
    """
    parts = []
    others = OtherPrograms()
    started = time.perf_counter()
    with progress.task("predicting", len(texts), "texts") as task:
        for start in range(0, len(texts), batch):
            part = texts[start : start + batch]
            parts.append(predict_each(classifier, part))
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


def predict_each(classifier: FittedModel, texts: Sequence[str]) -> Predictions:
    """Predictions for ``texts``, where a text that breaks the model or its service fails for itself alone.

    What the user must mend, a spent budget and a full disk are raised. So is what no text is to blame for: an error
    not foreseen where no text was answered and a plain word cannot be either.
    """
    if not texts:
        return classifier.predict(texts)
    unforeseen: list[Exception] = []
    found = _halved(classifier, texts, unforeseen)
    if unforeseen and all(item.status == "failed" for item in found):
        try:
            classifier.predict([_PLAIN])
        except Exception:  # noqa: BLE001  # whatever it is, the error of the texts is the one to tell
            raise unforeseen[0] from None
    return found


def _halved(classifier: FittedModel, texts: Sequence[str], unforeseen: list[Exception]) -> Predictions:
    """Predictions for one batch; a batch that fails is halved until the texts that break it stand alone."""
    try:
        return classifier.predict(texts)
    except (UserError, StoppedError, StorageError):
        raise
    except TopicsmithError:
        pass
    except Exception as exc:  # noqa: BLE001  # what a library raises for a text is not known beforehand
        unforeseen.append(exc)
    if len(texts) == 1:
        return Predictions((Prediction(None, status="failed"),))
    middle = len(texts) // 2
    parts = [_halved(classifier, half, unforeseen) for half in (texts[:middle], texts[middle:])]
    return _join(parts, len(classifier.topics))


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
    """Milliseconds a text. Where answers carry their own times (paid services), nothing is asked again.

    Of a classifier made of several only some do: the others are timed, and their times stand for all of theirs.
    """
    told = [item.latency_s * 1000 for item in predictions if item.latency_s is not None]
    if not told:
        return _timed(classifier, texts)
    pairs = zip(texts, predictions, strict=True)
    untold = [text for text, item in pairs if item.member is not None and item.latency_s is None]
    if not untold:
        return told
    measured = _timed(classifier, untold)
    before = float(np.median(measured))  # what is sent on has passed those that were asked first
    return [*np.resize(measured, len(untold)).tolist(), *(before + each for each in told)]


def _timed(classifier: FittedModel, texts: Sequence[str]) -> list[float]:
    """Milliseconds that each of some texts takes alone."""
    if not texts:
        return []
    chosen = [texts[index] for index in np.linspace(0, len(texts) - 1, min(_SINGLES, len(texts))).astype(int)]
    predict_each(classifier, chosen[:1])
    measured: list[float] = []
    begun = time.perf_counter()
    for text in chosen:
        started = time.perf_counter()
        predict_each(classifier, [text])
        measured.append((time.perf_counter() - started) * 1000)
        if len(measured) >= _LEAST_SINGLES and time.perf_counter() - begun > _SINGLES_SECONDS:
            break
    return measured
