"""Lower bounds of shares of right answers, and of differences of two, on rows that stand for others."""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.training_targets import IntArray
from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.paired import discordant, paired_bounds

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class HeldRows:
    """The validation rows: which are near-copies of each other, and which the catch-all's.

    ``groups`` (rows,) numbers near-copies alike. ``outside`` (rows,) are the catch-all's rows, and ``outside_share``
    the share of them among the texts that bounds are for; ``None`` where it is that among these rows.
    """

    groups: IntArray
    outside: BoolArray
    outside_share: float | None = None

    def __len__(self) -> int:
        return len(self.groups)

    @cached_property
    def parts(self) -> list[tuple[float, BoolArray]]:
        """Rows that are counted together, each set with its weight."""
        if self.outside_share is None:
            return [(1.0, np.ones(len(self), np.bool_))]
        return [(1 - self.outside_share, ~self.outside), (self.outside_share, self.outside)]

    def share(self, yes: BoolArray) -> float:
        """The share of rows that are ``yes`` (rows,), by the weights."""
        return float(sum(weight * yes[rows].mean() for weight, rows in self.parts if rows.any()))

    def lower(self, yes: BoolArray, risk: float) -> float:
        """What the share of ``yes`` (rows,) lies above but for ``risk``.

        The bound is that of Clopper and Pearson (1934), at the number of strangers that tell as much as the rows; of
        two sets together by the method of variance estimates recovery (Zou, Donner 2008).
        """
        found = [(weight, *_share_and_bound(yes[rows], self.groups[rows], risk)) for weight, rows in self.parts]
        return _together(found)

    def lower_difference(self, first: BoolArray, second: BoolArray, risk: float) -> float:
        """What the share of ``first`` (rows,) less that of ``second`` lies above but for ``risk`` (Tango 1998)."""
        critical = NormalDist().inv_cdf(1 - risk)
        found = []
        for weight, rows in self.parts:
            n = len(np.unique(self.groups[rows]))
            if not n:
                found.append((weight, 0.0, -1.0))
                continue
            only_first, only_second = discordant(first[rows], second[rows], self.groups[rows])
            low, _ = paired_bounds(np.array(only_first), np.array(only_second), np.array(n), critical)
            found.append((weight, (only_first - only_second) / n, float(low)))
        return _together(found)


def _share_and_bound(yes: BoolArray, groups: IntArray, risk: float) -> tuple[float, float]:
    from scipy.stats import beta

    if not len(yes):
        return 0.0, 0.0
    share = float(yes.mean())
    if share == 0:
        return 0.0, 0.0
    strangers: float = len(yes)
    if len(np.unique(groups)) < len(groups):
        strangers = min(len(yes), clustered_share(yes, groups).effective_n or len(yes))
    return share, float(beta.ppf(risk, share * strangers, (1 - share) * strangers + 1))


def _together(found: list[tuple[float, float, float]]) -> float:
    """The bound of a weighted sum, from each part's weight, value and bound."""
    value = sum(weight * each for weight, each, _ in found)
    reach: float = float(np.sqrt(sum((weight * (each - low)) ** 2 for weight, each, low in found)))
    return value - reach
