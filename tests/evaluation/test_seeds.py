from collections.abc import Callable

import pytest

from topicsmith.evaluation.results import Evaluation
from topicsmith.evaluation.seeds import seed_spreads
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import wilson


def test_seeds_and_rows_are_two_spreads(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    rows = make_rows(["a"] * 100)
    found = [judge(f"x-{right}", rows, answer(["a"] * right + ["b"] * (100 - right))) for right in (88, 90, 95)]
    alone = judge("alone", rows, answer(["a"] * 100))
    (spread,) = seed_spreads([*found, alone], {"x-88": "x", "x-90": "x", "x-95": "x", "alone": "alone"})
    assert spread.candidates == ("x-88", "x-90", "x-95")
    assert (spread.lowest, spread.highest) == (0.88, 0.95)
    # mean .91, squared deviations .0009 + .0001 + .0016 over 2; Student's t for 2 degrees is 4.3027
    assert spread.deviation == pytest.approx(0.0013**0.5)
    assert spread.over_seeds.value == pytest.approx(0.91)
    assert spread.over_seeds.high == pytest.approx(0.91 + 4.3027 * (0.0013 / 3) ** 0.5, abs=1e-4)
    assert spread.over_rows == wilson(91.0, 100)
