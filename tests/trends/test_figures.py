"""Figures over time."""

import pytest

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import answers, trends_of
from topicsmith.trends.figures import (
    Value,
    alarm_words,
    far_plot,
    over_time,
    raised_at,
    strangeness_plot,
    time_axis,
    topic_figures,
)
from topicsmith.trends.results import MovedTopic, TrendAlarm, TrendPeriod, TrendsReport


def period(day: int) -> TrendPeriod:
    first = f"2026-03-{day:02}"
    return TrendPeriod(first, first, first, 30, 30, "", 0.5, None, None, None, None, None)


PERIODS = [period(day) for day in range(1, 6)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> TrendsReport:
    folder = tmp_path_factory.mktemp("figures")
    run = write_run(folder / "run", [topic_of(n) for n in range(COUNT)])
    return trends_of(run, answers(folder, length=30, changes=20, new=8, rising=12)).report


def test_the_time_axis_has_its_ends_and_its_middle() -> None:
    assert [(tick.at, tick.text) for tick in time_axis(PERIODS).ticks] == [(10, "1 Mar"), (50, "3 Mar"), (90, "5 Mar")]
    assert [tick.text for tick in time_axis(PERIODS[:1]).ticks] == ["1 Mar"]


def test_a_missing_period_leaves_a_gap_and_an_alarm_a_line() -> None:
    values = [Value(at, 0.1, 0.05, 0.2) for at in (0, 1, 3)]
    plot = over_time("share", PERIODS, values, [3])
    assert [line.points for line in plot.lines if line.colour == "c0" and line.points] == ["10,50 30,50", "70,50"]
    assert [area.points for area in plot.areas] == ["10,0 30,0 30,75 10,75"]
    assert [line.points for line in plot.lines if line.colour == "alarm-line"] == ["70,0 70,100"]
    assert plot.alt.endswith("alarms: 2026-03-04")


def test_one_wild_period_that_is_not_tested_does_not_stretch_the_axis() -> None:
    values = [Value(0, 0.1, 0.05, 0.2), Value(1, 0.5, 0.0, 1.0, ring=True)]
    assert over_time("share", PERIODS, values, []).y_ticks[-1].text == "20\u202f%"
    assert over_time("share", PERIODS, [], []).alt == "share: no figures"


def test_topics_with_alarms_stand_first(report: TrendsReport) -> None:
    found = topic_figures(report)
    assert [bool(each.alarms) for each in found] == sorted((bool(each.alarms) for each in found), reverse=True)
    assert {each.topic for each in found} == {"Music", "Travel", "Money"}
    assert found[0].alarms


def test_far_rows_and_their_limit(report: TrendsReport) -> None:
    assert len(far_plot(report).lines[0].dots) == 30
    lines = {line.colour for line in strangeness_plot(report).lines}
    assert {"limit-line", "frontier", "alarm-line"} <= lines
    assert raised_at(report, "far")


def test_alarms_are_sentences() -> None:
    moved = (MovedTopic("Money", 0.5, 0.3), MovedTopic("Music", 0.1, 0.3))
    together = TrendAlarm("topics", "rise", "a", "a", "a", 0.3, 0.0, moved, 9, ())
    assert alarm_words(together) == (
        "topics taken together differ in a: Money 50.0 %, expected 30.0 %; Music 10.0 %, expected 30.0 %"
    )
    falls = TrendAlarm("topic", "fall", "a", "b", "c", 0.1, 0.3, moved[1:], 0, ())
    assert alarm_words(falls) == "Music falls: 10.0 % from a to c, expected 30.0 %"
