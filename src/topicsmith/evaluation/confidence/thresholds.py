"""Answering only when sure: risk against coverage, and the confidence from which answers may be trusted.

Rows below the threshold, and rows without an answer or a confidence, go to a person or a larger model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.clusters import clustered_share, weighted_share
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

DOUBT = 0.05
STARTS = 4
LEVELS = 60
POINTS = 50
AUDITED_LEVELS = 20
STRICT_SHARE = 0.2
MIDDLE = 0.45  # where the main chain begins; a little below one half, lest rows of the other half spoil it


@dataclass(frozen=True)
class CoveragePoint:
    """Accepting the ``coverage`` surest share of the rows, ``risk`` of the accepted are wrong."""

    coverage: float
    threshold: float
    risk: Interval


@dataclass(frozen=True)
class Threshold:
    """From which confidence to accept answers so that at most ``wished_error`` of the accepted are wrong.

    ``value`` is ``None`` when no threshold can promise that on the evidence of ``n`` rows; everything then goes to a
    person. ``coverage`` is the share accepted among those rows, ``to_person`` the rest; the promise holds in at least
    ``assurance`` of cases in which a threshold is set this way.
    """

    wished_error: float
    value: float | None
    coverage: float
    to_person: float
    n: int
    error: Interval
    assurance: float


def risk_against_coverage(
    confidences: Sequence[float | None],
    right: NDArray[np.bool_],
    groups: IntArray | None = None,
    weights: FloatArray | None = None,
    points: int = POINTS,
) -> tuple[CoveragePoint, ...]:
    """Risk at up to ``points`` coverages, surest rows first; rows of equal confidence are accepted together.

    Args:
        confidences: ``None`` where there is none.
        right: whether each answer was right.
        groups: near-copies, as :func:`topicsmith.statistics.clusters.group_codes` gives them; without, none are.
        weights: how many rows each one stands for, where only some were audited.
        points: the most there are.
    """
    known = np.array([confidence is not None for confidence in confidences], dtype=bool)
    sure = np.array([confidence for confidence in confidences if confidence is not None], dtype=float)
    if not len(sure):
        return ()
    order = np.argsort(-sure, kind="stable")
    sure, wrong = sure[order], ~np.asarray(right, dtype=bool)[known][order]
    near = (np.arange(len(right)) if groups is None else groups)[known][order]
    weight = (np.ones(len(right)) if weights is None else weights)[known][order]
    total = len(right) if weights is None else float(weights.sum())
    ends = np.flatnonzero(np.append(sure[:-1] != sure[1:], True))  # the last row of each run of equal confidence
    found = []
    for end in ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(int))]:
        accepted = slice(0, int(end) + 1)
        risk = clustered_share(wrong[accepted], near[accepted])
        if weights is not None:
            risk = weighted_share(wrong[accepted], weight[accepted])
        found.append(CoveragePoint(float(weight[accepted].sum()) / total, float(sure[end]), risk))
    return tuple(found)


def guaranteed_threshold(
    confidences: Sequence[float | None],
    right: NDArray[np.bool_],
    wished_error: float,
    doubt: float = DOUBT,
    groups: Sequence[str] | None = None,
) -> Threshold:
    """The lowest confidence from which at most ``wished_error`` of accepted answers are wrong.

    Thresholds are tried from strict to loose with the exact binomial test of "more than the target share is wrong";
    each of four starting points goes on as long as the test rejects, with a quarter of the doubt, so that the promise
    holds for the threshold that is returned, not only for one chosen beforehand.

    Args:
        confidences: of validation rows not used for fitting; ``None`` where there is none.
        right: whether each answer was right.
        wished_error: the largest share of wrong answers among accepted ones.
        doubt: the risk that the promise does not hold.
        groups: near-copy groups; one row of each is used, because copies are not independent evidence.

    Source: fixed-sequence testing with several starts as in Angelopoulos, Bates, Candès, Jordan, Lei 2021, "Learn then
    test", section 4; the test is Clopper and Pearson's 1934.
    """
    from scipy.stats import binom

    if groups is not None:
        _, first = np.unique(np.asarray(groups, dtype=str), return_index=True)
        confidences, right = [confidences[index] for index in first], right[first]
    n = len(right)
    sure, correct = _by_confidence(confidences, right)
    wrong = np.cumsum(~correct)
    levels = _levels(sure, wished_error, doubt / STARTS)
    holds = [binom.cdf(wrong[end - 1], end, wished_error) <= doubt / STARTS for end in levels]
    reached = 0
    for start in np.unique(np.linspace(0, len(levels), STARTS, endpoint=False).astype(int)) if levels else ():
        step = int(start)
        while step < len(levels) and holds[step]:
            reached = max(reached, levels[step])
            step += 1
    value = float(sure[reached - 1]) if reached else None
    errors = int(wrong[reached - 1]) if reached else 0
    coverage = reached / n if n else 0.0
    return Threshold(wished_error, value, coverage, 1 - coverage, n, wilson(errors, reached), 1 - doubt)


def audited_threshold(
    confidences: Sequence[float | None],
    audited: IntArray,
    right: NDArray[np.bool_],
    weights: FloatArray,
    wished_error: float,
    doubt: float = DOUBT,
) -> Threshold:
    """The lowest confidence from which at most ``wished_error`` of accepted answers are truly wrong, by an audit.

    As :func:`guaranteed_threshold`, on few rows: most of the doubt goes to the chain that begins where nearly half
    is accepted, the rest to the one that begins with the fewest rows that can prove anything.

    Args:
        confidences: of every row that may be asked about, audited or not; ``None`` where there is none.
        audited: which of them a person judged, shape (audited,).
        right: whether the answer to each audited row is right.
        weights: how many rows each audited one stands for.
        wished_error: the largest share of wrong answers among accepted ones.
        doubt: the risk that the promise does not hold.

    Source: as :func:`guaranteed_threshold`; with weights, Clopper and Pearson's bound is taken at Kish's effective
    number of rows, as Korn and Graubard 1998 do.
    """
    sure = np.array([np.nan if confidence is None else confidence for confidence in confidences], dtype=float)
    stated = np.sort(sure[~np.isnan(sure)])[::-1]
    none = Threshold(wished_error, None, 0.0, 1.0, len(right), wilson(0, 0), 1 - doubt)
    if not len(stated) or not len(right):
        return none
    places = np.unique(np.linspace(0.05, 1.0, AUDITED_LEVELS) * len(stated)).round().astype(int)
    levels = np.unique(stated[np.clip(places, 1, len(stated)) - 1])[::-1]  # from strict to loose
    mine = sure[audited]
    reached = None
    middle = int(np.searchsorted(-levels, -stated[int(MIDDLE * (len(stated) - 1))]))
    for start, share in ((middle, 1 - STRICT_SHARE), (0, STRICT_SHARE)):
        for level in levels[start:]:
            accepted = mine >= level
            if not accepted.any() or _most_wrong(right[accepted], weights[accepted], doubt * share) > wished_error:
                if start or accepted.sum() >= log(doubt * share) / log(1 - wished_error):
                    break
                continue  # too few rows to prove anything yet: this level is never tested
            reached = level if reached is None else min(reached, level)
    if reached is None:
        return none
    accepted = mine >= reached
    coverage = float((stated >= reached).sum()) / len(sure)
    error = weighted_share(~right[accepted], weights[accepted])
    return Threshold(wished_error, float(reached), coverage, 1 - coverage, len(right), error, 1 - doubt)


def _most_wrong(right: NDArray[np.bool_], weights: FloatArray, doubt: float) -> float:
    """The one-sided upper bound of the share that is wrong (Clopper and Pearson 1934)."""
    from scipy.stats import beta

    effective = float(weights.sum() ** 2 / (weights**2).sum())
    wrong = effective * float(weights[~right].sum() / weights.sum())
    return 1.0 if wrong >= effective else float(beta.ppf(1 - doubt, wrong + 1, effective - wrong))


def _levels(sure: FloatArray, wished_error: float, doubt: float) -> list[int]:
    """How many of the surest rows to accept at each step, from the fewest that could prove anything to all."""
    fewest = ceil(log(doubt) / log(1 - wished_error))
    if len(sure) < fewest:
        return []
    counts = np.unique(np.geomspace(fewest, len(sure), LEVELS).round().astype(int))
    # a threshold accepts every row of equal confidence, so each step is widened to the end of its run
    widened = len(sure) - np.searchsorted(sure[::-1], sure[counts - 1], side="left")
    return [int(count) for count in np.unique(widened)]


def _by_confidence(
    confidences: Sequence[float | None], right: NDArray[np.bool_]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Confidences and rightness of the rows that have a confidence, surest first."""
    known = np.array([confidence is not None for confidence in confidences], dtype=bool)
    sure = np.array([confidence for confidence in confidences if confidence is not None], dtype=float)
    order = np.argsort(-sure, kind="stable")
    return sure[order], np.asarray(right, dtype=bool)[known][order]
