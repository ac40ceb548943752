"""The interval of a percentile, held against the binomial distribution and against simulation."""

import numpy as np
from scipy.stats import binom

from topicsmith.statistics.percentiles import percentile_ends


def test_the_ends_are_measurements_between_which_the_percentile_lies() -> None:
    low, high = percentile_ends([float(i) for i in range(1, 101)], 0.95)
    assert (low, high) == (90.0, 100.0)
    # the true percentile lies above the 90th and below the 100th when 90 to 99 of 100 lie below it
    assert binom.cdf(99, 100, 0.95) - binom.cdf(89, 100, 0.95) >= 0.95


def test_few_measurements_have_no_upper_end() -> None:
    # all of 71 lie below the true percentile with a chance of .95^71 = .0262, all of 72 with .0249
    assert percentile_ends([1.0] * 71, 0.95)[1] is None
    assert percentile_ends([1.0] * 72, 0.95)[1] == 1.0
    assert percentile_ends([], 0.95) == (None, None)


def test_it_covers_whatever_the_distribution() -> None:
    rng = np.random.default_rng(13)
    held = 0
    for values in rng.lognormal(size=(400, 120)):
        low, high = percentile_ends(values.tolist(), 0.9)
        assert low is not None
        assert high is not None
        held += low <= np.exp(1.2815515655446004) <= high
    assert held >= 0.93 * 400
