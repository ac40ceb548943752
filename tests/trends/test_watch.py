"""Charts, and the alarms they raise."""

import numpy as np
import pytest

from topicsmith.trends.watch import StepCounts, Watched, WatchSettings, shared_out, watch

SINGLE = WatchSettings(single=180.0, falls=False)
REFERENCE = [StepCounts(np.array([100]), 2000)]


def day(count: int, number: int = 0, rows: int = 250) -> StepCounts:
    return StepCounts(np.array([count]), rows, number % 7)


def days(*counts: int) -> list[StepCounts | None]:
    return [day(count, number) for number, count in enumerate(counts)]


def test_a_jump_is_an_alarm_on_its_day_and_says_when_it_began() -> None:
    found = watch(REFERENCE, days(*[12] * 20, 60), SINGLE)
    assert [(each.direction, each.since, each.step, each.last) for each in found.alarms] == [("rise", 20, 20, 20)]
    assert found.limit[20, 0] < 60 / 250
    assert found.expected[20, 0] == pytest.approx(0.048, abs=0.003)


def test_a_slow_rise_adds_up() -> None:
    found = watch(REFERENCE, days(*[12] * 20, *[20] * 6), SINGLE)
    assert [(each.since, each.step) for each in found.alarms] == [(20, 22)]


def test_an_alarm_that_goes_on_is_one_and_then_the_usual_level() -> None:
    found = watch(REFERENCE, days(*[12] * 30, *[25] * 60), SINGLE)
    (alarm,) = found.alarms
    assert (alarm.since, alarm.last >= alarm.since + 14) == (30, True)
    assert found.expected[-1, 0] == pytest.approx(0.1, abs=0.01)
    later = watch(REFERENCE, days(*[12] * 30, *[25] * 60, *[60] * 2), SINGLE)
    assert [each.step for each in later.alarms][1:] == [90]


def test_a_fall_is_told_where_it_is_wanted() -> None:
    steps, reference = days(*[50] * 20, *[15] * 3), [StepCounts(np.array([400]), 2000)]
    assert [each.direction for each in watch(reference, steps, WatchSettings(180.0)).alarms] == ["fall"]
    assert watch(reference, steps, SINGLE).alarms == ()


def test_days_without_rows_and_with_few_are_not_charted() -> None:
    found = watch(REFERENCE, [day(12), None, day(19, rows=19), day(12, 3)], SINGLE)
    assert np.isnan(found.limit[:, 0]).tolist() == [False, True, True, False]
    assert found.alarms == ()


def test_all_charts_together_see_what_none_sees_alone() -> None:
    reference = [StepCounts(np.full(10, 200), 2000)]
    calm = StepCounts(np.full(10, 25), 250, 0)
    moved = StepCounts(np.array([35, 15] * 5), 250, 0)
    found = watch(reference, [*[calm] * 10, *[moved] * 2], WatchSettings(5000.0, together=180.0))
    assert found.alarms == ()
    assert [(each.chart, each.since, each.step) for each in found.together] == [(-1, 10, 10)]


def test_the_false_alarms_promised_are_shared_out() -> None:
    topics, strange = shared_out(90, 10, far=True, cycle=True)
    assert topics.together is not None
    rate = 1 / strange.single + 1 / topics.together + 2 * 10 / topics.single
    assert 1 / rate >= 90
    alone, _ = shared_out(90, 10, far=False, cycle=True)
    assert alone.single == topics.single / 2


def cycled(rng: np.random.Generator, weekend: float, length: int = 90) -> list[StepCounts | None]:
    odds = [weekend if number % 7 > 4 else 1.0 for number in range(length)]
    return [day(int(rng.binomial(250, 0.05 * each / (1 + 0.05 * (each - 1)))), n) for n, each in enumerate(odds)]


def alarms(found: Watched) -> int:
    return len(found.alarms) + len(found.together)


@pytest.mark.slow
@pytest.mark.parametrize("weekend", [1.0, 1.5, 1 / 1.5])
def test_chance_and_a_weekly_cycle_raise_no_more_alarms_than_promised(weekend: float) -> None:
    """A chart for one false alarm in 90 days alone; the reference is of whole weeks. 60 series."""
    rng, found = np.random.default_rng(5), 0
    settings = WatchSettings(90 * 1.6, falls=False)
    for _ in range(60):
        shares = [0.05] * 5 + [0.05 * weekend / (1 + 0.05 * (weekend - 1))] * 2
        reference = [StepCounts(np.array([rng.binomial(2000, float(np.mean(shares)))]), 2000)]
        found += alarms(watch(reference, cycled(rng, weekend), settings))
    assert found / 60 <= 1.0
