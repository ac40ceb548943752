"""The plain verdict above the figures."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from topicsmith.advice.choice import RunChoice
from topicsmith.advice.verdict import Coverage
from topicsmith.advice.verdict import judge as judged
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Interval

DEPLOY = RunChoice("small", "since it is right", "")
FULL = Coverage(100, 100, {})


@pytest.fixture
def small(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> Evaluation:
    """Right on all 6 rows of a, on none of the 4 of b; c has none."""
    rows = make_rows(["a"] * 6 + ["b"] * 4, labels=[None] * 10)
    return judge("small", rows, answer(["a"] * 10))


def test_a_topic_without_one_right_row_fails_completely(small: Evaluation) -> None:
    found = judged(DEPLOY, small, FULL, {"a": 5, "b": 5}, None, ["label more of b."])
    assert found.failing_topics == ("b",)
    assert found.sentences[:2] == (
        "small can be used: right on 60.0 % [31.3, 83.2] of 10 test rows.",
        "small fails completely on b (4 test rows): do not rely on it there."
        + ("" if all(s.support for s in small.by_topic) else " Not tested, for want of test rows: other."),
    )
    assert found.sentences[2:] == ("All 100 queries have a label.", "Next: label more of b.")
    assert found.alarms == ()


def test_nothing_to_deploy_says_why_and_what_next(small: Evaluation) -> None:
    choice = RunChoice(None, "No candidate beats a constant answer.", "Label more rows.")
    found = judged(choice, small, FULL, {}, None)
    assert found.usable == "Nothing to deploy yet. No candidate beats a constant answer."
    assert found.next_step == "Next: Label more rows."
    assert judged(choice, replace(small, n=0), FULL, {}, None).failing == ""


def test_agreed_rows_are_said_to_be_easier(small: Evaluation) -> None:
    found = judged(DEPLOY, replace(small, truth="labels"), FULL, {"a": 1}, None)
    assert "of 10 agreed test rows. The annotators agreed on these rows; expect less on real traffic" in found.usable
    assert "topicsmith audit" in found.next_step


def test_what_needs_looking_at_first(small: Evaluation) -> None:
    coverage = Coverage(1500, 366, {"local:keywords": 303, "local:similarity": 1400})
    found = judged(DEPLOY, small, coverage, {"a": 5, "b": 0, "c": 0}, 0.43)
    assert found.coverage == "366 of 1,500 queries (24.4 %) have a label; of the others nothing is learnt."
    assert found.alarms == (
        (
            "75.6 % of the queries got no label; local:keywords gave a topic to 20.2 %: describe the topics with a "
            "sentence and examples each, add a catch-all, or take another annotator."
        ),
        "b and c have no training row, so they can never be answered: label their rows.",
        (
            "Other programs used 43.0 % of the processors while latencies were measured; measure again on an idle "
            "machine ('topicsmith bench')."
        ),
    )


def test_many_names_are_cut(small: Evaluation) -> None:
    [alarm] = judged(DEPLOY, small, FULL, {"z": 1, **{f"t{n}": 0 for n in range(8)}}, 0.05).alarms
    assert alarm.startswith("t0, t1, t2, t3, t4 and 3 more have no training row")


def test_what_a_person_found_and_what_is_missed_stand_in_the_first_line(small: Evaluation) -> None:
    audited = Interval(0.4, 0.3, 0.5, 60)
    found = judged(DEPLOY, replace(small, truth="labels"), FULL, {}, None, (), audited, ["95 % within 9 ms, wanted 5"])
    assert found.usable == (
        "small is what to use, though it misses targets of the project (95 % within 9 ms, wanted 5): it is right on "
        "40.0 % [30.0, 50.0] of all rows by a person's audit."
    )
