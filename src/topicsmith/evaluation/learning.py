"""Learning curves: accuracy against training rows, over the candidates of a sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.evaluation.results import Evaluation, Interval


@dataclass(frozen=True)
class LearningPoint:
    """What one candidate reached with ``rows`` training rows."""

    candidate: str
    rows: int
    accuracy: Interval


@dataclass(frozen=True)
class LearningCurve:
    """The candidates of one sweep that differ in training rows, fewest rows first.

    ``candidate`` is what they have in common: the sweep's name, and the values of other swept keys.
    """

    candidate: str
    points: tuple[LearningPoint, ...]


def learning_curves(
    evaluations: Sequence[Evaluation], series: Mapping[str, tuple[str, int]]
) -> tuple[LearningCurve, ...]:
    """The curves of ``evaluations``; ``series`` gives, per candidate, the curve it belongs to and its training rows.

    A curve needs two points; a candidate with a single size is on no curve.
    """
    points: dict[str, list[LearningPoint]] = {}
    for evaluation in evaluations:
        if evaluation.candidate in series:
            curve, rows = series[evaluation.candidate]
            points.setdefault(curve, []).append(LearningPoint(evaluation.candidate, rows, evaluation.accuracy))
    return tuple(
        LearningCurve(curve, tuple(sorted(found, key=lambda point: (point.rows, point.candidate))))
        for curve, found in sorted(points.items())
        if len({point.rows for point in found}) > 1
    )
