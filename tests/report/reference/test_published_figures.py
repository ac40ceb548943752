"""Published figures beside those of a run."""

import pytest

from topicsmith.report.content import read_content
from topicsmith.report.reference import published_figures
from topicsmith.report.reference.data import read_published
from topicsmith.runs import RunFolder


def test_published_figures_have_whiskers_only_where_their_rows_are_known(run: RunFolder) -> None:
    made = published_figures.accuracy(read_content(run, "my-topics"))
    theirs = {row.label: row for row in made.rows if row.note.startswith("published")}
    assert len(theirs) == 13
    assert theirs["Qwen3-14B, v3"].detail == "91.8 to 94.7"  # Wilson over 1,155 rows
    assert theirs["GLM-4.5-Air-FP8"].detail == ""
    assert {mark.shape for row in theirs.values() for mark in row.marks} == {"square"}


@pytest.mark.slow
def test_prompts_of_one_model_stand_side_by_side_the_published_ones_after_them(large_run: RunFolder) -> None:
    made = published_figures.prompts(read_content(large_run, "my-topics"))
    ours = [row for row in made.rows if row.chip]
    assert len(ours) == 20
    assert ours[0].label == "Qwen/Qwen3-4B, v1"
    theirs = [row.label for row in made.rows[20:]]
    # the experiment's 1.7B has one prompt only, and is left out
    assert theirs == [f"Qwen3-{size}B, v{prompt}" for size in (14, 4) for prompt in (1, 2, 3)]


def test_cost_against_accuracy_has_letters_for_published_and_numbers_for_ours(run: RunFolder) -> None:
    plot = published_figures.cost_against_accuracy(read_content(run, "my-topics"))
    named = {point.letter or str(point.rank): point.name for point in plot.points}
    assert {letter: named[letter] for letter in "ABC"} == {
        "A": "Qwen3-14B, v3 (published)",
        "B": "GPT-4.1-nano, v3 (published)",
        "C": "Qwen3-4B, v3 (published)",
    }
    assert {name for mark, name in named.items() if mark.isdecimal()} == {
        "minilm",
        "tfidf",
    }  # not the majority's answer
    places = {point.letter: point.x for point in plot.points}
    assert places["B"] < places["C"] < places["A"]  # $0.135, $0.19, $0.40


def test_published_topics_stand_as_published() -> None:
    rows = published_figures.topics(read_published()).rows
    assert (rows[0].label, rows[0].value) == ("Technology and programming", "40 → 17")
    assert (rows[-1].label, rows[-1].value) == ("Personal development", "1.8 → 7")
