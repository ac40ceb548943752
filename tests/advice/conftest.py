"""The fixtures for judging, and three candidates ranked."""

from collections.abc import Callable

import pytest

from tests.evaluation.judging import answer, judge, make_rows, taxonomy
from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.results import Evaluation
from topicsmith.records import Prediction, TestSet, Timing

__all__ = ["answer", "judge", "make_rows", "taxonomy"]


@pytest.fixture
def ranked(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> list[Evaluation]:
    """``large`` (slow) and ``small`` tie at 97 and 96 %; ``weak`` is far behind, and slower than ``small``."""
    rows = make_rows(["a", "b"] * 200, labels=[None] * 400)
    truth = rows.topics
    said = {
        "large": [t if i % 33 else "other" for i, t in enumerate(truth)],
        "small": [t if i % 25 else "other" for i, t in enumerate(truth)],
        "weak": [t if i % 3 else "other" for i, t in enumerate(truth)],
    }
    speed = {"large": Timing(200.0, 300.0, 4.0), "small": Timing(1.0, 2.0, 2000.0), "weak": Timing(2.0, 5.0, 500.0)}
    predictions = {name: answer(topics) for name, topics in said.items()}
    evaluations = [judge(name, rows, predictions[name], timing=speed[name]) for name in said]
    return compare(evaluations, rows, predictions)
