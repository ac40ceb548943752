from collections.abc import Callable

import pytest

from topicsmith.advice.inputs import Facts
from topicsmith.advice.next_steps import next_steps
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet

TRUTH = ["a"] * 60 + ["b"] * 40 + ["other"] * 40
SAID = ["a"] * 57 + ["b"] * 3 + ["b"] * 20 + ["a"] * 20 + ["other"] * 40


@pytest.fixture
def judged(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> Callable[[list[str]], Evaluation]:
    return lambda said: judge("c", make_rows(TRUTH), answer(said))


def _facts(rows: int = 9000, agreement: float = 0.9) -> Facts:
    return Facts({"a": 9000, "b": rows, "other": 9000}, None, None, {"b": agreement}, {("a", "b"): 31})


def test_weakest_first_and_perfect_topics_left_out(judged: Callable[[list[str]], Evaluation]) -> None:
    first, second = next_steps(judged(SAID), _facts())
    assert first.startswith("b: F1 63.5 % [")  # 2 × 20 / (40 + 23)
    assert second.startswith("a: F1 83.2 % [")  # 2 × 57 / (60 + 77)


def test_annotators_who_disagree_need_a_sharper_border(judged: Callable[[list[str]], Evaluation]) -> None:
    line = next_steps(judged(SAID), _facts(agreement=0.438))[0]
    assert "agree on only 43.8 % of the rows that either gave it (31 rows split with a)" in line
    assert "20 of its rows were answered a" in line


def test_thin_topics_need_more_labels(judged: Callable[[list[str]], Evaluation]) -> None:
    line = next_steps(judged(SAID), _facts(rows=52))[0]
    assert "It has 52 training rows, fewer than 500: label more of it, above all rows that lie between it and a" in line


def test_a_topic_nobody_labelled_cannot_be_learned(judged: Callable[[list[str]], Evaluation]) -> None:
    assert "It has no training row, so nothing can learn it" in next_steps(judged(SAID), _facts(rows=0))[0]


def test_rows_taken_from_others_count_too(judged: Callable[[list[str]], Evaluation]) -> None:
    """Every row of ``a`` and ``b`` is right but nine tenths of ``other`` land in ``b``."""
    said = ["a"] * 60 + ["b"] * 40 + ["b"] * 36 + ["other"] * 4
    line = next(line for line in next_steps(judged(said), _facts()) if line.startswith("b:"))
    assert "36 of other's rows were answered b" in line


def test_topics_taken_for_each_other_may_be_one(judged: Callable[[list[str]], Evaluation]) -> None:
    assert "Label more rows that lie between it and a" in next_steps(judged(SAID), _facts())[0]
    both = ["a"] * 50 + ["b"] * 10 + ["b"] * 20 + ["a"] * 20 + ["other"] * 40
    assert "It and a are taken for each other" in next_steps(judged(both), _facts())[0]


def test_failures_are_no_topic_to_blame(judged: Callable[[list[str]], Evaluation]) -> None:
    said: list[str] = ["a"] * 60 + ["b"] * 20 + ["nowhere"] * 20 + ["other"] * 40
    assert "no single topic takes them" in next_steps(judged(said), _facts())[0]
