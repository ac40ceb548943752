"""How far a percentile of a few measurements can be trusted."""

from collections.abc import Sequence


def percentile_ends(values: Sequence[float], share: float, level: float = 0.95) -> tuple[float | None, float | None]:
    """The interval of a percentile of independent measurements, whatever their distribution.

    Its ends are measurements themselves, by the binomial chance of how many lie below the true percentile; ``None``
    where there are too few for that end (for a 95th percentile, fewer than 72 have no upper one).

    Source: David and Nagaraja 2003, "Order statistics", section 7.1.

    >>> percentile_ends(range(1, 101), 0.95)
    (90, 100)
    """
    from scipy.stats import binom

    ranked, n = sorted(values), len(values)
    if not n:
        return None, None
    low, high = int(binom.ppf((1 - level) / 2, n, share)), int(binom.ppf((1 + level) / 2, n, share)) + 1
    return (ranked[low - 1] if low >= 1 else None), (ranked[high - 1] if high <= n else None)
