"""By how much the best of some candidates is more accurate than each of them: what an advice weighs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.evaluation.comparison import interval_of, right_rows
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Z_95, Interval
from topicsmith.statistics.simultaneous import METHOD, Losses, losses_of_estimates, losses_of_shares

UNPAIRED = "simultaneous, as if on different rows"


@dataclass(frozen=True)
class Loss:
    """What choosing one candidate costs in accuracy: ``interval`` holds the truly best one's accuracy minus its own.

    The intervals of all candidates hold together. ``may_be_best`` is whether it may itself be the best.
    """

    interval: Interval
    may_be_best: bool

    def within(self, margin: float) -> bool:
        """Whether it is shown to lose at most ``margin``; that nothing speaks against it is not enough."""
        return self.interval.high <= margin


LossesAmong = Callable[[Sequence[str]], Mapping[str, Loss]]
"""The losses of the named candidates, the best being the best of them; in the order given."""


def losses_on_rows(rows: TestSet, predictions: Mapping[str, Mapping[str, Prediction]]) -> LossesAmong:
    """The losses of candidates that answered the same ``rows``, each row compared with itself."""
    names = list(predictions)
    right, groups = right_rows(rows, predictions, names)

    def among(candidates: Sequence[str]) -> dict[str, Loss]:
        chosen = [names.index(name) for name in candidates]
        return _by_name(candidates, losses_of_shares(right[chosen], groups), len(rows), METHOD)

    return among


def losses_by_intervals(accuracies: Mapping[str, Interval]) -> LossesAmong:
    """The losses of candidates of which only accuracies with their intervals are known.

    They are taken as if each was judged on rows of its own. On rows that all share, mistakes fall together and the
    true intervals are narrower, so that these show less than there is, and nothing that is not.
    """

    def among(candidates: Sequence[str]) -> dict[str, Loss]:
        found = [accuracies[name] for name in candidates]
        error = np.array([_error(each) for each in found])
        losses = losses_of_estimates(np.array([each.value for each in found]), np.diag(error**2))
        return _by_name(candidates, losses, min((each.n for each in found), default=0), UNPAIRED)

    return among


def losses_by_audit(
    accuracies: Mapping[str, Interval], differences: Callable[[str, str], Interval], audited: int
) -> LossesAmong:
    """The losses of candidates of which a person judged the same ``audited`` rows, each row compared with itself.

    Args:
        accuracies: by candidate, its accuracy on all rows as the audit estimates it.
        differences: of two candidates, the difference of their accuracies as the audit estimates it.
        audited: how many rows the person judged.
    """

    def among(candidates: Sequence[str]) -> dict[str, Loss]:
        own = np.array([_error(accuracies[name]) ** 2 for name in candidates])
        covariance = np.diag(own)
        for i, first in enumerate(candidates):
            for j, second in enumerate(candidates[:i]):
                apart = _error(differences(first, second)) ** 2
                covariance[i, j] = covariance[j, i] = (own[i] + own[j] - apart) / 2
        losses = losses_of_estimates(np.array([accuracies[name].value for name in candidates]), covariance)
        return _by_name(candidates, losses, audited, METHOD)

    return among


def _error(interval: Interval) -> float:
    return (interval.high - interval.low) / (2 * Z_95)


def _by_name(candidates: Sequence[str], losses: Losses, n: int, method: str) -> dict[str, Loss]:
    return {
        name: Loss(interval_of(losses, place, n, method), bool(losses.may_be_best[place]))
        for place, name in enumerate(candidates)
    }
