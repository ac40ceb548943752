"""Batch means: worked out by hand, and their coverage by simulation."""

from math import sqrt

import numpy as np
import pytest
from scipy.stats import t

from topicsmith.loadtest.batch_means import (
    BATCHES,
    STUDENT,
    Length,
    Range,
    Watch,
    is_known,
    rate,
)


def test_students_point_is_that_of_the_tables() -> None:
    assert pytest.approx(float(t.ppf(0.975, BATCHES - 1)), abs=1e-6) == STUDENT


def test_a_rate_and_its_interval_by_hand() -> None:
    # five answers in each odd second, three in each even one: 4 a second, deviation of the ten sqrt(10/9)
    moments = [second + (k + 0.5) / 5 for second in range(10) for k in range(5 if second % 2 else 3)]
    found = rate(moments, 10.0)
    assert found.value == 4.0
    assert found.high == pytest.approx(4 + 2.262157 * sqrt(10 / 9) / sqrt(10))
    assert found.low == pytest.approx(8 - (found.high or 0))
    assert rate([*moments, 10.1, 12.0], 10.0) == found  # what came later tells of no load
    assert rate([1.0] * 29, 10.0) == Range(2.9)  # too few to say
    assert is_known(found, 0.2)
    assert not is_known(found, 0.1)
    assert not is_known(Range(2.9), 1.0)


def test_the_interval_of_a_rate_holds_as_often_as_it_says() -> None:
    """400 servers whose speed wavers slowly: every stretch of a second draws its own rate around 100."""
    random = np.random.default_rng(13)
    held = 0
    for _ in range(400):
        speeds = np.repeat(random.gamma(25, 4, size=20), 1)
        counts = random.poisson(speeds)
        moments = np.concatenate([second + random.random(n) for second, n in enumerate(counts)])
        found = rate(list(moments), 20.0)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 100 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_watch_stops_when_the_rate_is_known_and_stays_stopped() -> None:
    even = [k / 100 for k in range(100_000)]
    watch = Watch(Length(2.0, 50.0, 0.05), even)
    assert watch.goes_on(1.9)
    assert not watch.goes_on(2.0)
    assert not watch.goes_on(1.0)
    assert watch.lasted == 2.0
    nobody: list[float] = []
    waiting = Watch(Length(2.0, 50.0, 0.05), nobody)
    assert all(waiting.goes_on(moment) for moment in (1.0, 10.0, 49.9))
    assert not waiting.goes_on(50.0)
    assert not Watch(Length(2.0, 50.0, None), even).goes_on(2.0)
