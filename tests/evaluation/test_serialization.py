from collections.abc import Callable
from math import inf, nan
from pathlib import Path

import orjson
import pytest

from topicsmith.errors import RunStateError
from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.results import Evaluation
from topicsmith.evaluation.serialization import to_document
from topicsmith.json_file import checked
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Interval

NO_COPIES = {"groups": None, "effective_n": None}


def test_evaluations_go_through_json_unchanged(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    rows = make_rows(["a", "b", "other", "a"], labels=["a", None, "other", "b"])
    predictions = {"x": answer(["a", "b", "b", None]), "y": answer(["b", "b", "other", "a"])}
    before = compare([judge(n, rows, p) for n, p in predictions.items()], rows, predictions)
    text = orjson.dumps(to_document(before))
    assert checked(list[Evaluation], orjson.loads(text), Path("evaluations.json")) == before


def test_numbers_json_lacks_become_null() -> None:
    assert to_document({"x": (nan, inf, 1.5), 2: Interval(nan, 0.0, 1.0, 0)}) == {
        "x": [None, None, 1.5],
        "2": {"value": None, "low": 0.0, "high": 1.0, "n": 0, "level": 0.95, "method": "", **NO_COPIES},
    }


def test_another_shape_is_named() -> None:
    with pytest.raises(RunStateError, match=r"e\.json: 0\.low: .*run again"):
        checked(list[Interval], [{"value": 1.0, "high": 1.0, "n": 1}], Path("e.json"))
