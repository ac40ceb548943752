from collections.abc import Callable

import numpy as np
import pytest

from topicsmith.evaluation.comparison import compare, not_told_apart
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet


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
    # 10 rows only the best had right: 2 / 2^10, times 3 pairs (near against worse has 2 * 1 / 2^9)
    assert (worse.only_best, worse.only_this) == (10, 0)
    assert worse.p_value == 2 / 1024
    assert worse.p_adjusted == pytest.approx(3 * 2 / 1024)
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
    assert second.comparison.macro_f1_p_adjusted == pytest.approx(2 / 2001)


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
