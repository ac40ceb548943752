"""What share is expected next."""

import numpy as np
import pytest

from topicsmith.trends.levels import Levels


def test_a_day_is_weighed_against_what_was_known() -> None:
    """Prior variance .25, a day's .5 * .5 / 100: the gain is .25 / .2525."""
    levels = Levels(np.array([0.5]), 1)
    levels.learn(np.array([60]), 100, 0)
    mean, variance = levels.expected(0)
    assert mean[0] == pytest.approx(0.5 + 0.1 * 0.25 / 0.2525)
    assert variance[0] == pytest.approx(0.25 * 0.0025 / 0.2525)


def test_weekdays_are_learnt_apart_from_the_level() -> None:
    levels = Levels(np.array([0.1]), 7)
    for day in range(70):
        levels.learn(np.array([200 if day % 7 == 6 else 100]), 1000, day % 7)
    shares = [levels.expected(day)[0][0] for day in range(7)]
    assert shares[6] == pytest.approx(0.2, abs=0.01)
    assert shares[:6] == pytest.approx([0.1] * 6, abs=0.005)


def test_rows_of_a_whole_week_tell_the_mean_of_its_days() -> None:
    levels = Levels(np.array([0.2]), 7)
    levels.learn(np.array([3000]), 10_000, None)
    assert [levels.expected(day)[0][0] for day in range(7)] == pytest.approx([0.3] * 7, abs=0.001)


def test_restless_days_are_noticed_a_week_later() -> None:
    levels = Levels(np.array([0.1]), 1)
    levels.learn(np.array([1000]), 10_000, None)
    for day in range(60):
        count = np.array([130 if day % 2 else 70])  # three standard deviations off, in turns
        levels.score(count, 1000, 0)
        assert (levels.restlessness()[0] > 1) == (day >= 6)
        levels.learn(count, 1000, 0)
    assert levels.restlessness()[0] > 2


def test_a_new_level_is_as_certain_as_its_rows() -> None:
    levels = Levels(np.array([0.1, 0.1]), 7)
    levels.learn(np.array([1000, 1000]), 10_000, None)
    before = levels.expected(0)[1][0]
    levels.begin_anew(np.array([0]), np.array([100]), 500, np.array([50.0]))
    mean, variance = levels.expected(3)
    assert mean == pytest.approx([0.2, 0.1], abs=0.001)
    assert variance[0] - before == pytest.approx(0.2 * 0.8 / 500, rel=0.02)
