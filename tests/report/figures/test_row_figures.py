"""Figures made of rows."""

from dataclasses import replace

from topicsmith.dataset.statistics import TopicRows
from topicsmith.report.content import read_content
from topicsmith.report.figures import row_figures
from topicsmith.report.figures.axes import Axis
from topicsmith.report.view_model import Matrix
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval


def test_a_mark_stands_where_its_value_is() -> None:
    made = row_figures.marker(Axis(0.5, 1.0), Interval(0.75, 0.6, 0.9, 9), "dot", "c0")
    assert (made.at, made.low, made.high) == (50.0, 20.0, 80.0)


def test_colours_go_with_ranks_and_come_round() -> None:
    assert [row_figures.candidate_colour(rank) for rank in (1, 20, 21)] == ["c0", "c19", "c0"]


def test_accuracy_says_who_ties(run: RunFolder) -> None:
    figure = row_figures.accuracy_figure(read_content(run, "my-topics").candidates)
    assert figure is not None
    assert [(row.chip, row.note) for row in figure.rows] == [
        (1, "best"),
        (2, "may be the best"),
        (3, row_figures.OFF),
    ]
    assert [len(row.marks) for row in figure.rows] == [1, 1, 0]  # the floor would stretch the axis
    assert float(figure.ticks[0].text.split("\u202f")[0]) >= 70
    assert "minilm 82.0\u202f% (73.3 to 88.3)" in figure.alt


def test_a_member_of_a_sweep_that_was_not_chosen_is_marked(run: RunFolder) -> None:
    first, second, third = read_content(run, "my-topics").candidates
    aside = replace(third, kind="linear", stood_for=first.name)
    figure = row_figures.accuracy_figure((first, second, aside))
    assert figure is not None
    assert figure.rows[2].note == "set aside on validation rows"


def test_bias_has_three_marks_in_lanes(run: RunFolder) -> None:
    figure = row_figures.bias_figure(read_content(run, "my-topics").candidates)
    assert figure is not None
    assert [(mark.shape, mark.lane) for mark in figure.rows[0].marks] == [("ring", -9), ("diamond", 0), ("dot", 9)]


def test_topics_come_weakest_first(run: RunFolder) -> None:
    best = read_content(run, "my-topics").best
    assert best is not None
    figure = row_figures.topic_figure(best, most=3)
    assert figure is not None
    assert [row.label for row in figure.rows] == ["Other", "Banking", "Travel"]


def test_of_many_topics_both_ends_are_shown() -> None:
    topics = [TopicRows(f"t{at}", 100 - at, 1, 1, 100 - at, 50, None, None) for at in range(30)]
    figure = row_figures.balance_figure(topics, most=4)
    assert figure is not None
    assert [row.label for row in figure.rows] == ["t0", "t1", "t28", "t29"]


def test_heat_is_the_share_of_the_row_and_an_empty_last_column_goes() -> None:
    figure = row_figures.heat_figure("m", Matrix(("a", "b"), ("a", "b", "no answer"), ((9, 1, 0), (0, 0, 0))))
    assert figure is not None
    assert figure.columns == ("a", "b")
    assert [cell.level for cell in figure.cells[0]] == [9, 1]
    assert [cell.text for cell in figure.cells[1]] == ["", ""]
    assert figure.cells[0][0].diagonal


def test_without_data_there_is_no_figure() -> None:
    assert row_figures.accuracy_figure([]) is None
    assert row_figures.bias_figure([]) is None
    assert row_figures.named_figure("x", []) is None
    assert row_figures.balance_figure([]) is None
    assert row_figures.heat_figure("m", None) is None
