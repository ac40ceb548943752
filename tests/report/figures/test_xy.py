"""Figures with two axes."""

from dataclasses import replace

import pytest

from topicsmith.dataset.statistics import TokenHistogram
from topicsmith.report.content import read_content
from topicsmith.report.figures import xy
from topicsmith.report.formatting import usd
from topicsmith.report.view_model import CurvePoint, PlottedCurve
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval


def test_the_frontier_leaves_out_whom_another_beats_in_both(run: RunFolder) -> None:
    candidates = read_content(run, "my-topics").candidates
    plot = xy.scatter(candidates, lambda c: c.usd_per_1k, "cost", usd)
    assert plot is not None
    assert [point.rank for point in plot.points] == [1, 2, 3]
    corners = [tuple(map(float, corner.split(","))) for corner in plot.lines[0].points.split()]
    assert [y for _, y in corners] == sorted((y for _, y in corners), reverse=True)  # up, never down again
    worse = xy.scatter(candidates, lambda c: 1.0 / (c.usd_per_1k or 1), "cost", usd)
    assert worse is not None
    assert len(worse.lines[0].points.split()) == 2  # the best is also the cheapest: one corner, and on to the edge


def test_one_priced_candidate_is_no_scatter(run: RunFolder) -> None:
    candidates = read_content(run, "my-topics").candidates
    assert xy.scatter(candidates[:1], lambda c: c.usd_per_1k, "cost", usd) is None


def test_numbers_of_equal_dots_stand_apart() -> None:
    offsets = xy.offsets([(50.0, 50.0)] * 3)
    assert len(set(offsets)) == 3


def test_steps_of_a_histogram_begin_and_end_on_the_floor() -> None:
    plot = xy.token_plot(TokenHistogram((1, 2, 4), (3, 1), (0, 0)))
    corners = plot.areas[0].points.split()
    assert corners[0].endswith(",100")
    assert corners[-1].endswith(",100")
    assert len(corners) == 6


def test_curves_have_dots_while_they_are_few(run: RunFolder) -> None:
    content = read_content(run, "my-topics")
    plot = xy.curve_plot(content.learning, {"tfidf": 2}, "rows", "accuracy", shares=False)
    assert plot is not None
    assert plot.lines[0].colour == "c1"
    assert len(plot.lines[0].dots) == 3
    assert xy.curve_plot((), {}, "rows", "accuracy", shares=False) is None


def test_settings_stand_on_a_logarithmic_axis_unless_one_is_zero() -> None:
    points = tuple(CurvePoint(x, Interval(0.8, 0.7, 0.9, 9)) for x in (1e-5, 1e-4, 1e-3))
    curves = (
        PlottedCurve("qwen", "qwen-1", points, "learning_rate"),
        PlottedCurve("qwen", "qwen-1", points[:2], "rank"),
    )
    plot = xy.setting_plot(curves, {"qwen-1": 1}, "learning_rate")
    assert plot is not None
    (line,) = plot.lines
    across = [x for x, *_ in line.dots]
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.02)
    assert plot.x_title == "learning_rate"
    dropout = (PlottedCurve("a", "a", (CurvePoint(0.0, points[0].y), CurvePoint(0.1, points[0].y)), "dropout"),)
    linear = xy.setting_plot(dropout, {}, "dropout")
    assert linear is not None
    assert [x for x, *_ in linear.lines[0].dots] == [0.0, 100.0]
    assert xy.setting_plot(curves, {}, "alpha") is None


def test_reliability_has_its_diagonal(run: RunFolder) -> None:
    sure, _ = read_content(run, "my-topics").calibrations
    plot = xy.reliability_plot(sure, 1)
    assert plot is not None
    assert plot.lines[0].points == "0,100 100,0"
    assert plot.lines[1].dots[1][:2] == (64.0, 30.0)
    assert xy.reliability_plot(replace(sure, bins=()), 2) is None


def test_load_is_drawn_from_closed_loops_alone(run: RunFolder) -> None:
    loads = read_content(run, "my-topics").loads
    plot = xy.load_plot(loads, {"minilm": 1}, lambda load: load.rate, "texts a second", usd)
    assert plot is not None
    assert [len(line.dots) for line in plot.lines] == [2]
    assert xy.load_plot((), {}, lambda load: load.p95, "p95", usd) is None
    bounded = replace(loads[0], texts_per_s=100.0, texts_per_s_low=50.0, texts_per_s_high=200.0)
    plot = xy.load_plot([bounded], {"minilm": 1}, lambda load: load.rate, "texts a second", usd)
    assert plot is not None
    ((_, middle, bottom, top),) = plot.lines[0].dots
    assert bottom is not None
    assert top is not None
    assert bottom - middle == pytest.approx(middle - top)  # twice and half as much are as far away
