"""Which figures a page has."""

from dataclasses import fields

from topicsmith.report.content import read_content
from topicsmith.report.drawn import figures_of
from topicsmith.runs import RunFolder


def test_a_complete_run_has_every_figure_but_those_it_cannot(run: RunFolder) -> None:
    made = figures_of(read_content(run, "my-topics"))
    missing = {field.name for field in fields(made) if not getattr(made, field.name)}
    assert missing == {"prompts", "subtopics"}  # no two prompts of one model, no subtopics


def test_a_fresh_run_has_only_the_published_figure(empty_run: RunFolder) -> None:
    made = figures_of(read_content(empty_run, "my-topics"))
    assert [field.name for field in fields(made) if getattr(made, field.name)] == ["published"]


def test_prompts_of_one_model_stand_side_by_side(large_run: RunFolder) -> None:
    made = figures_of(read_content(large_run, "my-topics")).prompts
    assert made is not None
    assert len(made.rows) == 20
    assert made.rows[0].label == "Qwen/Qwen3-4B, v1"


def test_published_figures_have_whiskers_only_where_their_rows_are_known(run: RunFolder) -> None:
    made = figures_of(read_content(run, "my-topics")).published
    assert made is not None
    theirs = {row.label: row for row in made.rows if row.note.startswith("published")}
    assert len(theirs) == 13
    assert theirs["Qwen3-14B, v3"].detail == "91.8 to 94.7"  # Wilson over 1,155 rows
    assert theirs["GLM-4.5-Air-FP8"].detail == ""
    assert {mark.shape for row in theirs.values() for mark in row.marks} == {"square"}
