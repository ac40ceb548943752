"""Accuracy over the candidates of a sweep: against training rows (a learning curve), and against its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.evaluation.results import Evaluation
from topicsmith.statistics.intervals import Interval


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


@dataclass(frozen=True)
class Swept:
    """Where a member of a sweep stands: ``value`` of ``setting``, in the ``series`` of those alike in all else."""

    candidate: str
    setting: str
    series: str
    value: float


@dataclass(frozen=True)
class SettingPoint:
    """What one candidate reached with one value of a setting."""

    candidate: str
    value: float
    accuracy: Interval


@dataclass(frozen=True)
class SettingCurve:
    """The candidates of one sweep that differ in ``setting`` alone, lowest value first."""

    setting: str
    candidate: str
    points: tuple[SettingPoint, ...]


def setting_curves(evaluations: Sequence[Evaluation], swept: Sequence[Swept]) -> tuple[SettingCurve, ...]:
    """The curves of ``evaluations`` by setting and series, in the order of ``swept``; each has at least two values."""
    found = {evaluation.candidate: evaluation.accuracy for evaluation in evaluations if evaluation.n}
    points: dict[tuple[str, str], list[SettingPoint]] = {}
    for one in swept:
        if one.candidate in found:
            point = SettingPoint(one.candidate, one.value, found[one.candidate])
            points.setdefault((one.setting, one.series), []).append(point)
    return tuple(
        SettingCurve(setting, series, tuple(sorted(members, key=lambda point: point.value)))
        for (setting, series), members in points.items()
        if len(members) > 1
    )
