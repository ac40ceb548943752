"""The page of trends."""

import re
from dataclasses import replace

import pytest

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import answers, trends_of
from topicsmith.trends.page import render
from topicsmith.trends.results import TrendsReport

EVIL = '<img src=x onerror="alert(1)">\u202e'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> TrendsReport:
    folder = tmp_path_factory.mktemp("page")
    run = write_run(folder / "run", [topic_of(n) for n in range(COUNT)])
    return trends_of(run, answers(folder, length=30, changes=20, new=8)).report


def test_the_page_has_alarms_their_rows_and_what_to_do(report: TrendsReport) -> None:
    page = render(report, "june", "my-topics", "my-topics/runs/june/trends/alarm_rows.parquet")
    first = report.alarms[0]
    assert f'<span class="date">{first.raised}</span>' in page
    assert f"{first.rows} rows behind it, of which 8" in page
    assert first.examples[0] in page
    assert "topicsmith discover my-topics --rows my-topics/runs/june/trends/alarm_rows.parquet" in page
    assert page.count('<div class="plot') == 3 + 2
    assert "at most one in 90 days" in page


def test_no_alarm_and_no_far_rows_are_said(report: TrendsReport) -> None:
    page = render(replace(report, alarms=(), without_far="needs the extra"), "june", "x", "y")
    assert "Nothing has changed beyond what chance explains" in page
    assert "needs the extra" in page
    assert "topicsmith discover" not in page
    untested = tuple(replace(each, untested="no rows") for each in report.periods)
    assert "No day could be tested" in render(replace(report, periods=untested, alarms=()), "june", "x", "y")


def test_every_foreign_text_is_escaped_and_nothing_loads(report: TrendsReport) -> None:
    alarm = replace(report.alarms[0], examples=(EVIL,))
    shares = replace(report.shares, traffic=EVIL, answered_by=EVIL, basis=EVIL)
    evil = replace(report, alarms=(alarm,), shares=shares, reference=EVIL, notes=(EVIL,), without_far="")
    page = render(evil, EVIL, EVIL, EVIL)
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img" in page
    assert not re.search(r"(src|href)=[\"']?(?!#)[^\"' ]*:", page)
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page


def test_the_same_report_gives_the_same_bytes(report: TrendsReport) -> None:
    assert render(report, "a", "b", "c") == render(report, "a", "b", "c")
