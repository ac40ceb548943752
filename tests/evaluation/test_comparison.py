from collections.abc import Callable

import numpy as np
import pytest

from topicsmith.evaluation.comparison import compare, not_told_apart
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.paired import mcnemar_exact, rows_needed


def _said(rng: np.random.Generator, truth: list[str], accuracy: float) -> list[str | None]:
    return [topic if rng.random() < accuracy else "other" for topic in truth]


def test_best_first_and_tested_against_the_best(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    truth = ["a"] * 20
    rows = make_rows(truth)
    predictions = {
        "worse": answer(["a"] * 10 + ["b"] * 10),
        "best": answer(["a"] * 20),
        "near": answer(["a"] * 19 + [None]),
    }
    ranked = compare([judge(name, rows, said) for name, said in predictions.items()], rows, predictions)
    assert [e.candidate for e in ranked] == ["best", "near", "worse"]
    assert ranked[0].comparison is None
    near, worse = ranked[1].comparison, ranked[2].comparison
    assert near is not None
    assert worse is not None
    assert (near.only_best, near.only_this, near.tied) == (1, 0, True)
    # 10 rows only the best had right: 2 / 2^10, and at most twice that since there are two others
    assert (worse.only_best, worse.only_this) == (10, 0)
    assert worse.p_value == 2 / 1024
    assert worse.p_value <= worse.p_adjusted <= 2 * 2 / 1024
    assert not worse.tied
    assert worse.rows_to_tell == 0
    assert near.rows_to_tell is not None
    assert near.rows_to_tell > 0
    assert [e.candidate for e in not_told_apart(ranked)] == ["best", "near"]


def test_equal_accuracy_goes_by_macro_f1_then_by_name(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a", "a", "a", "b"])
    predictions = {
        "y": answer(["a", "a", "b", "b"]),
        "x": answer(["a", "a", "b", "b"]),
        "z": answer(["a", "a", "a", "a"]),
    }
    ranked = compare([judge(name, rows, said) for name, said in predictions.items()], rows, predictions)
    assert [e.candidate for e in ranked] == ["x", "y", "z"]
    assert ranked[1].comparison is not None
    assert ranked[1].comparison.p_adjusted == 1.0
    assert ranked[1].comparison.rows_to_tell is None


def test_macro_f1_is_compared_on_the_same_samples(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rng = np.random.default_rng(1)
    truth = ["a", "b"] * 150
    rows = make_rows(truth)
    good = _said(rng, truth, 0.95)
    bad = [said if i % 3 else "other" for i, said in enumerate(good)]  # wrong wherever good is, and more
    predictions = {"good": answer(good), "bad": answer(bad)}
    _, second = compare([judge(n, rows, p) for n, p in predictions.items()], rows, predictions)
    assert second.comparison is not None
    difference = second.comparison.macro_f1_difference
    assert difference is not None
    best = judge("good", rows, predictions["good"]).macro_f1
    assert difference.low > 0
    assert difference.value == pytest.approx(best.value - second.macro_f1.value)
    assert not second.comparison.macro_f1_tied
    assert second.comparison.macro_f1_p_adjusted is not None
    assert second.comparison.macro_f1_p_adjusted < 1e-6  # far below one of the 2,000 samples
    assert difference.high - difference.value == pytest.approx(difference.value - difference.low)


def test_macro_f1_tells_twenty_candidates_apart(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    """20 % against 95 % of 200 rows among 20 candidates, 190 pairs: chance does not do that (row 3c of a check)."""
    rng = np.random.default_rng(2)
    truth = ["a", "b"] * 100
    rows = make_rows(truth)
    predictions = {f"c{i}": answer(_said(rng, truth, 0.95 if i else 0.2)) for i in range(20)}
    ranked = compare([judge(n, rows, p) for n, p in predictions.items()], rows, predictions)
    last = ranked[-1].comparison
    assert last is not None
    assert last.macro_f1_tied is False
    assert last.macro_f1_p_adjusted is not None
    assert last.macro_f1_p_adjusted < 0.001


def test_the_difference_holds_against_the_truly_best_and_the_margin_is_asked_of_its_end(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    truth = ["a"] * 400
    rows = make_rows(truth)
    predictions = {"best": answer(["a"] * 380 + ["b"] * 20), "same": answer(["a"] * 379 + ["b"] * 21)}
    evaluations = [judge(name, rows, said) for name, said in predictions.items()]
    [first, second] = compare(evaluations, rows, predictions, margin=0.02)
    found = second.comparison
    assert found is not None
    assert found.accuracy_difference is not None
    assert found.accuracy_difference.value == pytest.approx(1 / 400)
    assert (found.accuracy_difference.low, found.accuracy_difference.method) == (0.0, "simultaneous, against the best")
    assert 1 / 400 < found.accuracy_difference.high <= 0.02
    assert found.within_margin
    assert found.tied
    tight = compare(evaluations, rows, predictions, margin=0.001)[1].comparison
    assert tight is not None
    assert not tight.within_margin
    assert first.chosen_accuracy is not None
    assert first.chosen_accuracy.value < first.accuracy.value
    assert second.chosen_accuracy is None


def test_one_candidate_or_no_rows_need_no_test(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"])
    only = judge("c", rows, answer(["a"]))
    assert compare([only], rows, {"c": answer(["a"])}) == [only]
    empty = TestSet(())
    none = [judge(name, empty, {}) for name in ("b", "a")]
    assert [e.candidate for e in compare(none, empty, {"a": {}, "b": {}})] == ["a", "b"]


@pytest.mark.slow
def test_equal_candidates_rarely_have_a_single_winner(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    """A small edition of the simulation in benchmarks: 60 data sets, three equal candidates."""
    rng = np.random.default_rng(13)
    winners = 0
    truth = ["a", "b"] * 60
    rows = make_rows(truth)
    for _ in range(60):
        predictions: dict[str, dict[str, Prediction]] = {n: answer(_said(rng, truth, 0.85)) for n in ("x", "y", "z")}
        ranked = compare([judge(n, rows, p) for n, p in predictions.items()], rows, predictions)
        winners += len(not_told_apart(ranked)) == 1
    assert winners <= 3


@pytest.mark.parametrize("copies", [1, 4, 9])
def test_training_unclear_rows_to_tell_and_both_counts_count_groups(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
    copies: int,
) -> None:
    """100 questions of which 8 only the first has right and 3 only the second: copies of them tell nothing more."""
    first, second = ["a"] * 97 + ["b"] * 3, ["b"] * 8 + ["a"] * 92
    rows = make_rows(["a"] * 100 * copies, [f"g{i // copies}" for i in range(100 * copies)])
    predictions = {
        name: answer([topic for topic in said for _ in range(copies)])
        for name, said in (("first", first), ("second", second))
    }
    _, other = compare([judge(name, rows, said) for name, said in predictions.items()], rows, predictions)
    found = other.comparison
    assert found is not None
    assert (found.only_best, found.only_this) == (8, 3)
    assert found.p_value == mcnemar_exact(8, 3)
    assert found.tied
    needed = rows_needed(8, 3, 100)
    assert needed is not None
    assert found.rows_to_tell == pytest.approx(needed - 100, abs=3)  # the level is that of several candidates


def test_training_unclear_a_group_goes_to_the_one_with_more_of_its_rows_right(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"] * 7, ["x", "x", "x", "y", "y", "z", "z"])
    predictions = {
        "first": answer(["a", "a", "b", "a", "b", "a", "a"]),
        "second": answer(["b", "b", "a", "b", "a", "a", "a"]),
    }
    _, other = compare([judge(name, rows, said) for name, said in predictions.items()], rows, predictions)
    assert other.comparison is not None
    assert (other.comparison.only_best, other.comparison.only_this) == (1, 0)  # x; y is even, z right for both
