from collections.abc import Callable
from dataclasses import replace

import orjson

from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.leaderboard import leaderboard
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Interval

KEYS = [
    *["candidate", "kind", "model", "prompt", "audited_accuracy", "audited_low", "audited_high", "judged_by"],
    *["n", "failures", "accuracy", "accuracy_low", "accuracy_high", "macro_f1"],
    *["balanced_accuracy", "macro_precision", "macro_recall", "p50_ms", "p95_ms", "texts_per_s", "output_tokens_mean"],
    *["usd_per_1k", "train_usd", "train_s", "tied_with_best", "stood_for"],
]


def test_rows_have_the_agreed_keys(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a"] * 30)
    predictions = {"good": answer(["a"] * 30), "bad": answer(["b"] * 30)}
    board = leaderboard(compare([judge(n, rows, p) for n, p in predictions.items()], rows, predictions))
    assert [list(row) for row in board] == [KEYS, KEYS]
    assert [(row["candidate"], row["accuracy"], row["tied_with_best"]) for row in board] == [
        ("good", 1.0, True),
        ("bad", 0.0, False),
    ]
    assert board[0]["usd_per_1k"] is None
    assert board[0]["audited_accuracy"] is None
    assert board[0]["train_s"] == 1.5


def test_an_audit_comes_before_agreed_rows(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = replace(make_rows(["a"] * 30), truth="labels")
    row = leaderboard([judge("good", rows, answer(["a"] * 30))], {"good": Interval(0.6, 0.5, 0.7, 50)})[0]
    assert (row["audited_accuracy"], row["audited_low"], row["audited_high"]) == (0.6, 0.5, 0.7)
    assert (row["judged_by"], row["accuracy"]) == ("agreed labels", 1.0)


def test_no_rows_are_null_not_zero(judge: Callable[..., Evaluation]) -> None:
    row = leaderboard([judge("c", TestSet(()), {})])[0]
    assert row["accuracy"] is None
    assert b"NaN" not in orjson.dumps(row)
