"""What may be deployed at all, and what is said where nothing may."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from topicsmith.advice.choice import chosen_candidate, constant_accuracy, eligible, read_choice, too_little, why_none
from topicsmith.advice.recommend import advise
from topicsmith.errors import ModelFolderError
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.records import Prediction, TestSet
from topicsmith.runs import RunFolder


def test_a_baseline_is_never_eligible_however_right_it_is(ranked: list[Evaluation]) -> None:
    majority = replace(ranked[0], candidate="floor", kind="majority")
    assert [e.candidate for e in eligible([majority, *ranked])] == ["large", "small", "weak"]
    assert advise([majority], [], TargetSettings(), {}).deploy is None
    assert why_none([majority]).reason.startswith("Every candidate is a baseline")


def test_the_interval_must_lie_above_a_constant_answer(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    rows = make_rows(["a"] * 6 + ["b"] * 6, labels=[None] * 12)
    eight, twelve = (
        judge(name, rows, answer([t if i < right else "other" for i, t in enumerate(rows.topics)]))
        for name, right in (("eight", 8), ("twelve", 12))
    )
    assert constant_accuracy(eight) == 0.5
    assert eligible([twelve, eight]) == [twelve]  # Wilson: 12 of 12 from 75.8 %, 8 of 12 from 39.1 %
    assert (why_none([eight]).reason, why_none([eight]).next_step) == (
        (
            "No candidate is shown to beat a constant answer: eight is right on 66.7 % [39.1, 86.2] of 12 test rows, "
            "and always answering the commonest topic would be on 50.0 %."
        ),
        "Label more rows, or sharpen the topics' descriptions, and run 'topicsmith run' again.",
    )


def test_too_few_rows_or_labels_deploy_nothing(ranked: list[Evaluation]) -> None:
    best = ranked[0]
    few = advise([replace(best, n=29)], [], TargetSettings(), {})
    assert (few.deploy, few.why) == (
        None,
        (
            "29 test rows are too few to judge by; it takes 30.",
            "Label more rows: with 20.0 % of them for testing, some 150 are needed.",
        ),
    )
    agreed = replace(best, truth="labels")
    assert advise([agreed], [], TargetSettings(), {}, labelled_share=0.5).deploy == best.candidate
    thin = advise([agreed], [], TargetSettings(), {}, labelled_share=0.24)
    assert thin.why[0] == "Labels cover only 24.0 % of the queries, so the scores say nothing of most of them."
    assert too_little([best], 0.24) is None  # judged by true topics
    assert too_little([agreed], None) is None  # a person's audit covers all rows


def test_without_test_rows_nothing_is_eligible(ranked: list[Evaluation]) -> None:
    empty = replace(ranked[0], n=0)
    assert constant_accuracy(empty) == 1.0
    assert why_none([empty]).reason == "No test row has a topic to be judged by."


def test_a_run_s_choice_is_read_and_nothing_to_deploy_says_how_to_go_on(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_json("advice.json", {"deploy": "early", "why": ["since it is right"]})
    assert read_choice(run).candidate == "early"  # a run judged before there was a choice.json
    run.write_json("choice.json", {"candidate": "small", "reason": "r", "next_step": ""})
    assert chosen_candidate(run, tmp_path) == "small"
    run.write_json("choice.json", {"candidate": None, "reason": "Too few rows.", "next_step": "Label more."})
    with pytest.raises(ModelFolderError, match=r"nothing to deploy yet: Too few rows\. Label more\. .*--candidate"):
        chosen_candidate(run, tmp_path)
