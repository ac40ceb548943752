"""Trends of whole files of answers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import NEW, answers, trends_of
from topicsmith.errors import UserError
from topicsmith.runs import RunFolder
from topicsmith.trends.report import TrendsSettings, strange_p
from topicsmith.trends.watch import StepCounts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("run") / "run", [topic_of(n) for n in range(COUNT)])


def test_something_new_is_told_by_its_day_and_its_rows(run: RunFolder, tmp_path: Path) -> None:
    found = trends_of(run, answers(tmp_path, new=8))
    first = found.report.alarms[0]
    assert (first.statistic, first.direction) == ("far", "rise")
    assert first.since <= "2026-03-31" <= first.raised <= "2026-04-01"
    assert first.seen > 0.15 > first.expected
    behind = [row for row in found.rows if row.alarm == 1]
    assert len(behind) == first.rows
    assert sum(NEW in str(row.text) for row in behind) >= 0.6 * len(behind)
    assert NEW in first.examples[0]
    assert [row.nearness for row in behind] == sorted(row.nearness or 0.0 for row in behind)


def test_a_topic_that_rises_is_named_with_its_rows(run: RunFolder, tmp_path: Path) -> None:
    found = trends_of(run, answers(tmp_path, rising=14))
    told = {(each.statistic, each.direction, each.moved[0].topic) for each in found.report.alarms}
    assert ("topic", "rise", "Money") in told
    (alarm,) = [each for each in found.report.alarms if each.statistic == "topic" and each.direction == "rise"]
    assert alarm.seen == pytest.approx(0.54, abs=0.05)
    assert alarm.expected == pytest.approx(0.33, abs=0.05)
    number = found.report.alarms.index(alarm) + 1
    assert {row.topic for row in found.rows if row.alarm == number} == {"Money"}


def test_nothing_new_is_no_alarm(run: RunFolder, tmp_path: Path) -> None:
    report = trends_of(run, answers(tmp_path)).report
    assert report.alarms == ()
    assert (report.reference_rows, len(report.periods), report.without_far) == (90, 40, "")
    period = report.periods[5]
    assert (period.rows, period.counted, period.untested) == (45, 45, "")
    assert period.far is not None
    assert period.limit is not None
    assert period.strangeness is not None
    assert period.strangeness < period.limit
    assert (len(report.shares.groups), report.shares.overall.rows) == (40, 40 * 45)


def test_rows_that_cannot_be_taken_are_told(run: RunFolder, tmp_path: Path) -> None:
    path = answers(tmp_path, length=8)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[3]["time"] = None
    rows += [rows[10], rows[11], {**rows[12], "time": "2026-03-20T01:00:00Z"}]
    rows += [{**rows[100], "id": f"copy {n}"} for n in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = trends_of(run, path).report
    assert (report.without_time, report.repeated, report.rows) == (1, 2, 8 * 45 + 6)
    assert report.notes == ("days without rows: 11 of 20",)
    day = next(each for each in report.periods if each.rows > 45)
    assert (day.rows, day.counted) == (50, 45)
    assert report.periods[-1].untested == "the data begin or end within it"


def test_the_run_s_own_queries_are_compared_with_their_first_days(run: RunFolder) -> None:
    report = trends_of(run, None, TrendsSettings(by="week")).report
    assert report.reference == "the first 1 of the periods, up to 2026-W01"
    assert [each.untested for each in report.periods] == [
        "what later periods are compared with", "too few periods to compare",
    ]  # fmt: skip
    assert report.alarms == ()


def test_a_run_with_few_rows_and_answers_without_texts_say_why_nothing_is_far(run: RunFolder, tmp_path: Path) -> None:
    path = answers(tmp_path, length=5)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "text"}) + "\n" for row in rows))
    report = trends_of(run, path).report
    assert report.without_far == "far rows: no row has a text; 'classify --text' keeps the texts"
    assert {each.far for each in report.periods} == {None}


def test_no_times_at_all_are_an_error_with_its_cure(run: RunFolder, tmp_path: Path) -> None:
    path = answers(tmp_path, length=2)
    rows = [{**json.loads(line), "time": "soon"} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match=r"no row has a time; name its column in 'traces.time' and run again, or keep"):
        trends_of(run, path)


def test_the_same_rows_give_the_same_report(run: RunFolder, tmp_path: Path) -> None:
    path = answers(tmp_path, length=30, changes=20, new=8)
    first, second = trends_of(run, path), trends_of(run, path)
    assert replace(first, rows=()) == replace(second, rows=())
    assert first.rows == second.rows


def test_strange_rows_are_as_improbable_as_their_share_says() -> None:
    reference = [StepCounts(np.array([50]), 1000)]
    assert strange_p(reference, StepCounts(np.array([5]), 100)) == pytest.approx(0.45, abs=0.05)
    assert strange_p(reference, StepCounts(np.array([20]), 100)) < 1e-6
