"""Which figures a page has."""

from dataclasses import fields

from topicsmith.report.content import read_content
from topicsmith.report.figures.catalogue import figures_of
from topicsmith.runs import RunFolder


def test_a_complete_run_has_every_figure_but_those_it_cannot(run: RunFolder) -> None:
    made = figures_of(read_content(run, "my-topics"))
    missing = {field.name for field in fields(made) if not getattr(made, field.name)}
    assert missing == {"subtopics", "settings"}  # the run has none


def test_a_fresh_run_has_only_the_published_figures(empty_run: RunFolder) -> None:
    made = figures_of(read_content(empty_run, "my-topics"))
    there = {field.name for field in fields(made) if getattr(made, field.name)}
    assert there == {"prompts", "published", "published_cost", "published_topics", "training_cost", "serving"}
