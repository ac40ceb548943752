"""What a test set can tell, before anything is tested on it: the power of McNemar's exact test."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.statistics.paired import LEVEL

USUAL_ACCURACY, USUAL_CORRELATION = 0.85, 0.5
"""What is supposed of two candidates where nothing was measured: their mean accuracy, and how far their errors fall on
the same rows."""

ASKED_DIFFERENCES = (0.02, 0.03, 0.05)
"""The differences of accuracy whose power is told."""

_TAIL = 10.0  # standard deviations of the number of discordant rows beyond which nothing is added up


@dataclass(frozen=True)
class PairPower:
    """How often two candidates that truly differ by ``difference`` are told apart on ``rows`` test rows.

    ``discordant`` is the share of rows only one of the two has right, measured or supposed.
    """

    rows: int
    difference: float
    discordant: float
    level: float
    power: float


def mcnemar_power(rows: int, discordant: float, difference: float, level: float = LEVEL) -> float:
    """The chance that McNemar's exact test finds two classifiers significantly different.

    The number of discordant rows is binomial over ``rows``; of these, the better one has each right with probability
    ``(discordant + difference) / (2 discordant)``, and the test is a sign test on them. Both are added up exactly.

    Args:
        rows: test rows that are unrelated; where rows come in groups of near-copies, the number of groups.
        discordant: the share of rows only one of the two has right, from 0 to 1.
        difference: how many more of the rows the better one truly has right, as a share; at most ``discordant``.
        level: the p-value up to which they count as different.

    Raises:
        ValueError: when no two classifiers can differ so.

    Source: exact unconditional power of the conditional test, S. W. Duffy 1984, Biometrics 40, 1005-1015.

    >>> round(mcnemar_power(300, 0.1, 0.03), 3)
    0.304
    """
    if not 0 <= abs(difference) <= discordant <= 1:
        raise ValueError(f"a difference of {difference:g} with {discordant:g} of rows discordant cannot be")
    if not rows or not discordant:
        return 0.0
    from scipy.stats import binom

    reach = _TAIL * sqrt(rows * discordant * (1 - discordant)) + _TAIL
    centre = rows * discordant
    count = np.arange(max(0, int(centre - reach)), min(rows, int(centre + reach) + 1) + 1)
    most = _critical(count, level)
    better = (discordant + abs(difference)) / (2 * discordant)
    told = binom.cdf(most, count, better) + binom.sf(count - most - 1, count, better)
    return float((binom.pmf(count, rows, discordant) * np.where(most >= 0, told, 0.0)).sum())


def _critical(discordant_rows: IntArray, level: float) -> FloatArray:
    """The most rows the worse of two may have right alone for the test to tell them apart; -1 where none will do."""
    from scipy.stats import binom

    found: FloatArray = binom.ppf(level / 2, discordant_rows, 0.5)
    return np.where(2 * binom.cdf(found, discordant_rows, 0.5) > level, found - 1, found)


def discordance(accuracy: float, difference: float, correlation: float) -> float:
    """The share of rows only one of two classifiers has right.

    Args:
        accuracy: the mean of the two.
        difference: how far apart their accuracies are.
        correlation: of their errors, row by row; 1 at most as far as unequal accuracies allow.

    >>> round(discordance(0.85, 0.0, 0.5), 4)
    0.1275
    """
    first, second = 1 - accuracy - difference / 2, 1 - accuracy + difference / 2
    together = first * second + correlation * sqrt(first * (1 - first) * second * (1 - second))
    return max(difference, first + second - 2 * min(together, first))


def usual_power(rows: int, difference: float, level: float = LEVEL) -> PairPower:
    """The power on ``rows`` unrelated test rows of two candidates as they usually are.

    >>> usual_power(300, 0.03).rows
    300
    """
    discordant = discordance(USUAL_ACCURACY, difference, USUAL_CORRELATION)
    return PairPower(rows, difference, discordant, level, mcnemar_power(rows, discordant, difference, level))


def power_text(found: Sequence[PairPower], because: str) -> str:
    """One sentence: how often candidates so far apart are told apart, and what that supposes."""
    points = _listed([f"{100 * each.difference:g}" for each in found])
    shares = _listed([f"{100 * each.power:.0f}" for each in found])
    first = found[0]
    return (
        f"with {first.rows:,} unrelated test rows two candidates {points} points apart are told apart in {shares} % of "
        f"cases (McNemar's exact test at {100 * first.level:g} %; {because})"
    )


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
