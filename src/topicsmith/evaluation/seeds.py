"""Spread over seeds, kept apart from spread over rows.

The interval of an evaluation says how far accuracy could be off because other rows might have come in. Training again
with another seed, on the same rows, moves it too: that is a property of the candidate, and more test rows do not help.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from topicsmith.evaluation.results import Evaluation
from topicsmith.statistics.intervals import Interval, wilson


@dataclass(frozen=True)
class SeedSpread:
    """Candidates that differ only in their seed, on the same rows.

    ``over_seeds`` is the mean accuracy with Student's interval over seeds; ``deviation`` the standard deviation of
    one training from the next; ``over_rows`` Wilson's interval at the mean accuracy.
    """

    series: str
    candidates: tuple[str, ...]
    lowest: float
    highest: float
    deviation: float
    over_seeds: Interval
    over_rows: Interval


def seed_spreads(evaluations: Sequence[Evaluation], series: Mapping[str, str]) -> tuple[SeedSpread, ...]:
    """The spread of every series of at least two candidates.

    Args:
        evaluations: on the same rows.
        series: by candidate, the name of what it shares with those that differ only in their seed.
    """
    members: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        if evaluation.candidate in series and evaluation.n:
            members.setdefault(series[evaluation.candidate], []).append(evaluation)
    return tuple(_spread(name, found) for name, found in sorted(members.items()) if len(found) > 1)


def _spread(name: str, found: Sequence[Evaluation]) -> SeedSpread:
    from scipy.stats import t

    values = np.array([evaluation.accuracy.value for evaluation in found])
    mean, deviation, n = float(values.mean()), float(values.std(ddof=1)), found[0].n
    half = float(t.ppf(0.975, len(values) - 1)) * deviation / sqrt(len(values))
    return SeedSpread(
        series=name,
        candidates=tuple(evaluation.candidate for evaluation in found),
        lowest=float(values.min()),
        highest=float(values.max()),
        deviation=deviation,
        over_seeds=Interval(mean, max(0.0, mean - half), min(1.0, mean + half), len(values), 0.95, "student"),
        over_rows=wilson(mean * n, n),
    )
