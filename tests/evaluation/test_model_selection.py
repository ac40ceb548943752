"""A sweep is stood for by what validation rows say, whatever the test rows say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from topicsmith.evaluation.model_selection import choose, contenders
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet

SWEEPS = {"x-1": "x", "y-1": "y", "x-2": "x", "x-3": "x"}


def test_validation_decides_and_test_rows_do_not(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"] * 10)

    def right(name: str, count: int, split: Literal["validation", "test"]) -> Evaluation:
        return replace(judge(name, rows, answer(["a"] * count + ["b"] * (10 - count))), split=split)

    validation = [right("x-1", 6, "validation"), right("x-2", 8, "validation"), right("x-3", 7, "validation")]
    test = [right("x-3", 10, "test"), right("x-2", 5, "test"), right("x-1", 9, "test"), right("plain", 4, "test")]
    choices = choose(SWEEPS, [*test, *validation])
    assert [(choice.sweep, choice.members, choice.chosen) for choice in choices] == [
        ("x", ("x-1", "x-2", "x-3"), "x-2"),
        ("y", ("y-1",), "y-1"),
    ]
    assert [e.candidate for e in contenders(test, choices)] == ["x-2", "plain"]
    assert choices[0].set_aside == ("x-1", "x-3")
    assert choices[0].line == (
        "x-2 represents the 3 candidates of the sweep 'x': it was right on 80.0% of the 10 validation rows, and no "
        "other on more; the test rows were not used."
    )


def test_of_equals_macro_f1_decides_and_then_the_place_in_the_project_file(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"] * 6 + ["b"] * 2)
    lopsided, even = ["a"] * 8, ["a"] * 5 + ["b"] * 2 + ["a"]  # both 6 of 8; macro F1 .43 and .67
    found = [
        replace(judge(name, rows, answer(answers)), split="validation")
        for name, answers in (("x-1", lopsided), ("x-2", even), ("x-3", even))
    ]
    assert choose(dict.fromkeys(("x-1", "x-2", "x-3"), "x"), found)[0].chosen == "x-2"


def test_without_validation_rows_the_first_stands_and_that_is_said() -> None:
    choice = choose(SWEEPS, [])[0]
    assert choice.chosen == "x-1"
    assert choice.line.endswith("because it comes first: there are no validation rows to choose on.")
