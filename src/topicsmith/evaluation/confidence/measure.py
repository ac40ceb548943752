"""A candidate's confidences as a whole: what they are judged by, how they are mended, and from which to answer alone.

A promise about wrong answers needs the truth. Where the input gives true topics, or a person audited rows, thresholds
and curves are about wrong answers; against labels that annotators agreed on they are only about how often candidate and
annotators agree, which mistakes they share do not lower, and nothing is promised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from topicsmith.evaluation.confidence.audited_rows import AuditedRow, AuditedRows, audited_rows
from topicsmith.evaluation.confidence.calibration import (
    Bin,
    Isotonic,
    Platt,
    ReliabilityCurve,
    fit_isotonic,
    fit_platt,
    reliability,
)
from topicsmith.evaluation.confidence.thresholds import (
    CoveragePoint,
    Threshold,
    audited_threshold,
    guaranteed_threshold,
    risk_against_coverage,
)
from topicsmith.evaluation.evaluate import answers_to, groups_of
from topicsmith.records import Prediction, TestSet, ValidationSet
from topicsmith.statistics.clusters import clustered_share, group_codes
from topicsmith.statistics.intervals import FloatArray, Interval

JudgedBy = Literal["truth", "audit", "annotators"]
Method = Literal["platt", "isotonic", "none"]
Mending = tuple[Method, Platt | Isotonic | None]

WISHED_ERROR = 0.02
ENOUGH_FOR_ISOTONIC = 300
FEWEST_AUDITED = 30
"""Audited rows below which confidences are still judged by the annotators' labels."""


@dataclass(frozen=True)
class Confidence:
    """What one candidate's confidences are worth.

    ``judged_by`` says what right means: the ``truth`` that the input gives, an ``audit`` by a person, or the labels of
    ``annotators``, whose mistakes a candidate learns; only the first two make a promise.

    ``ece_before`` and ``ece`` are the expected calibration error before and after mending by ``method``, on rows it was
    not fitted on, less what chance adds; ``ece_if_calibrated`` is what chance alone would show. ``bins`` are after
    mending. ``threshold``, in confidences as the classifier states them, is the one from which at most
    ``wished_error`` of answers are wrong, in at least ``assurance`` of cases; ``coverage`` and ``error`` are measured
    with it, ``to_person`` is the rest. Judged by annotators there is none, and ``agreement_threshold`` is the one from
    which they are contradicted as seldom. ``holds_on_test`` is false when the test rows contradict the promise,
    ``None`` where it is not tested on rows of their own.
    """

    candidate: str
    judged_by: JudgedBy
    method: Method
    platt: Platt | None
    isotonic: Isotonic | None
    n: int
    ece_before: Interval
    ece: Interval
    ece_if_calibrated: float
    bins: tuple[Bin, ...]
    wished_error: float
    threshold: float | None
    agreement_threshold: float | None
    assurance: float | None
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
    audit: Mapping[str, AuditedRow] | None = None,
) -> Confidence | None:
    """Judge the confidences of one candidate; ``None`` where it states none.

    Args:
        candidate: its name.
        validation: what mending and thresholds are learnt on, where no audit says more.
        on_validation: its answers to every query held out for validation, by query.
        test: what mending and thresholds are tested on.
        on_test: its answers to every query held out for testing, by query.
        wished_error: the largest share of wrong answers among accepted ones.
        audit: the held-out rows a person judged, by query.
    """
    if test.truth == "labels" and audit:
        rows = audited_rows({**on_validation, **on_test}, audit)
        if len(rows.right) >= FEWEST_AUDITED:
            return _by_audit(candidate, rows, wished_error)
    return _by_rows(candidate, validation, on_validation, test, on_test, wished_error)


def _by_audit(candidate: str, rows: AuditedRows, wished_error: float) -> Confidence:
    """Mended and judged on audited rows: each half by what the other half taught."""
    half = np.arange(len(rows.right)) % 2 == 0
    mended = np.zeros(len(rows.right))
    for learnt, shown in ((half, ~half), (~half, half)):
        _, curve = _fit(rows.confidences[learnt], rows.right[learnt], rows.weights[learnt])
        mended[shown] = _mend(curve, rows.confidences[shown])
    method, curve = _fit(rows.confidences, rows.right, rows.weights)
    near = np.arange(len(rows.right))  # one row of each group of near-copies was kept
    before, after = (reliability(each, rows.right, near, rows.weights) for each in (rows.confidences, mended))
    limit = audited_threshold(rows.everything, rows.places, rows.right, rows.weights, wished_error)
    curve_points = risk_against_coverage(list(rows.confidences), rows.right, near, rows.weights)
    return _confidence(candidate, "audit", (method, curve), (before, after), limit, curve_points)


def _by_rows(
    candidate: str,
    validation: ValidationSet,
    on_validation: Mapping[str, Prediction],
    test: TestSet,
    on_test: Mapping[str, Prediction],
    wished_error: float,
) -> Confidence | None:
    """Mended on validation rows and judged on test rows."""
    stated, right = _answers(validation, on_validation)
    shown, correct = _answers(test, on_test)
    known = np.array([confidence is not None for confidence in shown], dtype=bool)
    if not known.any():
        return None
    groups = group_codes(groups_of(test))
    plain = np.array([confidence for confidence in shown if confidence is not None], dtype=float)
    sure = np.array([confidence for confidence in stated if confidence is not None], dtype=float)
    method, curve = _fit(sure, right[[confidence is not None for confidence in stated]])
    before = reliability(plain, correct[known], groups[known])
    after = reliability(_mend(curve, plain), correct[known], groups[known])
    limit = guaranteed_threshold(stated, right, wished_error, groups=groups_of(validation))
    accepted = np.array([c is not None and limit.value is not None and c >= limit.value for c in shown])
    error = clustered_share(~correct[accepted], groups[accepted])
    coverage = float(accepted.mean())
    on_test_rows = replace(limit, coverage=coverage, to_person=1 - coverage, error=error)
    judged_by: JudgedBy = "truth" if test.truth == "given" else "annotators"
    curve_points = risk_against_coverage(shown, correct, groups)
    found = _confidence(candidate, judged_by, (method, curve), (before, after), on_test_rows, curve_points)
    return replace(found, holds_on_test=_holds(limit, error)) if judged_by == "truth" else found


def _confidence(
    candidate: str,
    judged_by: JudgedBy,
    mending: Mending,
    curves: tuple[ReliabilityCurve, ReliabilityCurve],
    limit: Threshold,
    risk_coverage: tuple[CoveragePoint, ...],
) -> Confidence:
    """The record; a threshold that only annotators judged is one for agreement and promises nothing."""
    (method, curve), (before, after) = mending, curves
    promised = judged_by != "annotators"
    return Confidence(
        candidate=candidate,
        judged_by=judged_by,
        method=method,
        platt=curve if isinstance(curve, Platt) else None,
        isotonic=curve if isinstance(curve, Isotonic) else None,
        n=after.n,
        ece_before=before.ece,
        ece=after.ece,
        ece_if_calibrated=after.if_calibrated,
        bins=after.bins,
        wished_error=limit.wished_error,
        threshold=limit.value if promised else None,
        agreement_threshold=None if promised else limit.value,
        assurance=limit.assurance if promised else None,
        coverage=limit.coverage,
        to_person=limit.to_person,
        error=limit.error,
        holds_on_test=None,
        risk_coverage=risk_coverage,
    )


def _holds(limit: Threshold, error: Interval) -> bool | None:
    return None if limit.value is None or not error.n else error.low <= limit.wished_error


def confidence_document(found: Sequence[Confidence]) -> dict[str, object]:
    """The content of ``confidence.json``: ``calibration`` and ``risk_coverage``, an entry per candidate in each."""
    from topicsmith.evaluation.serialization import to_document

    calibration, curves = [], []
    for each in found:
        entry = to_document(each)
        assert isinstance(entry, dict)
        points = entry.pop("risk_coverage")
        curves.append({"candidate": each.candidate, "judged_by": each.judged_by, "points": points})
        calibration.append(entry)
    return {"calibration": calibration, "risk_coverage": curves}


def _answers(
    rows: TestSet | ValidationSet, predictions: Mapping[str, Prediction]
) -> tuple[list[float | None], NDArray[np.bool_]]:
    answers = answers_to(rows, predictions)
    right = np.array([answer.topic == row.topic for row, answer in zip(rows, answers, strict=True)], dtype=bool)
    return [answer.confidence if answer.topic is not None else None for answer in answers], right


def _fit(stated: FloatArray, right: NDArray[np.bool_], weights: FloatArray | None = None) -> Mending:
    if not len(stated):
        return "none", None
    if len(stated) >= ENOUGH_FOR_ISOTONIC and weights is None:
        return "isotonic", fit_isotonic(stated, right)
    return "platt", fit_platt(stated, right, weights)


def _mend(curve: Platt | Isotonic | None, confidences: FloatArray) -> FloatArray:
    return confidences if curve is None else curve.apply(confidences)
