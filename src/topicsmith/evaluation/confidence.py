"""A candidate's confidences as a whole: calibrated on validation rows, shown on test rows; ``confidence.json``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from topicsmith.evaluation.calibration import (
    Bin,
    Isotonic,
    Temperature,
    fit_confidence_temperature,
    fit_isotonic,
    reliability,
)
from topicsmith.evaluation.evaluate import answers_to, groups_of
from topicsmith.evaluation.selective import CoveragePoint, guaranteed_threshold, risk_against_coverage
from topicsmith.records import Prediction, TestSet, ValidationSet
from topicsmith.statistics.intervals import FloatArray, Interval

WISHED_ERROR = 0.02
ENOUGH_FOR_ISOTONIC = 300


@dataclass(frozen=True)
class Confidence:
    """What one candidate's confidences are worth.

    ``ece_before`` and ``ece`` are the expected calibration error on test rows before and after mending by ``method``,
    which was fitted on validation rows; ``bins`` are after mending. ``threshold`` is in confidences as the classifier
    states them; ``coverage`` and ``error`` are measured on test rows with it, ``to_person`` is the rest.
    ``holds_on_test`` is false when the test rows contradict the promise, ``None`` without a threshold: test rows then
    differ from the validation rows it was made on.
    """

    candidate: str
    method: Literal["temperature", "isotonic", "none"]
    temperature: float | None
    isotonic: Isotonic | None
    n: int
    ece_before: float
    ece: float
    bins: tuple[Bin, ...]
    wished_error: float
    threshold: float | None
    assurance: float
    coverage: float
    to_person: float
    error: Interval
    holds_on_test: bool | None
    risk_coverage: tuple[CoveragePoint, ...]


def measure_confidence(
    candidate: str,
    validation: ValidationSet,
    on_validation: Mapping[str, Prediction],
    test: TestSet,
    on_test: Mapping[str, Prediction],
    wished_error: float = WISHED_ERROR,
) -> Confidence | None:
    """Calibrate on ``validation``, measure on ``test``; ``None`` when the candidate states no confidences."""
    stated, right = _answers(validation, on_validation)
    shown, correct = _answers(test, on_test)
    known = np.array([confidence is not None for confidence in shown], dtype=bool)
    if not known.any():
        return None
    plain = np.array([confidence for confidence in shown if confidence is not None], dtype=float)
    method, curve = _fit(stated, right)
    mended = _mend(curve, plain)
    after = reliability(mended, correct[known])
    threshold = guaranteed_threshold(stated, right, wished_error, groups=groups_of(validation))
    accepted = np.array([c is not None and threshold.value is not None and c >= threshold.value for c in shown])
    coverage = float(accepted.mean())
    error = _share_wrong(correct[accepted])
    return Confidence(
        candidate=candidate,
        method=method,
        temperature=curve.value if isinstance(curve, Temperature) else None,
        isotonic=curve if isinstance(curve, Isotonic) else None,
        n=after.n,
        ece_before=reliability(plain, correct[known]).ece,
        ece=after.ece,
        bins=after.bins,
        wished_error=wished_error,
        threshold=threshold.value,
        assurance=threshold.assurance,
        coverage=coverage,
        to_person=1 - coverage,
        error=error,
        holds_on_test=None if threshold.value is None or not accepted.any() else error.low <= wished_error,
        risk_coverage=risk_against_coverage(shown, correct),
    )


def confidence_document(found: Sequence[Confidence]) -> dict[str, object]:
    """The content of ``confidence.json``: ``calibration`` and ``risk_coverage``, an entry per candidate in each."""
    from topicsmith.evaluation.serialization import to_document

    calibration, curves = [], []
    for each in found:
        entry = to_document(each)
        assert isinstance(entry, dict)
        curves.append({"candidate": each.candidate, "points": entry.pop("risk_coverage")})
        calibration.append(entry)
    return {"calibration": calibration, "risk_coverage": curves}


def _answers(
    rows: TestSet | ValidationSet, predictions: Mapping[str, Prediction]
) -> tuple[list[float | None], np.typing.NDArray[np.bool_]]:
    answers = answers_to(rows, predictions)
    right = np.array([answer.topic == row.topic for row, answer in zip(rows, answers, strict=True)], dtype=bool)
    return [answer.confidence if answer.topic is not None else None for answer in answers], right


def _fit(
    stated: Sequence[float | None], right: np.typing.NDArray[np.bool_]
) -> tuple[Literal["temperature", "isotonic", "none"], Temperature | Isotonic | None]:
    known = np.array([confidence is not None for confidence in stated], dtype=bool)
    plain = [confidence for confidence in stated if confidence is not None]
    if not plain:
        return "none", None
    if len(plain) >= ENOUGH_FOR_ISOTONIC:
        return "isotonic", fit_isotonic(plain, right[known])
    return "temperature", fit_confidence_temperature(plain, right[known])


def _mend(curve: Temperature | Isotonic | None, confidences: FloatArray) -> FloatArray:
    if isinstance(curve, Temperature):
        return curve.apply_to_confidence(confidences)
    return confidences if curve is None else curve.apply(confidences)


def _share_wrong(right: np.typing.NDArray[np.bool_]) -> Interval:
    from topicsmith.statistics.intervals import wilson

    return wilson(int((~right).sum()), len(right))
