from dataclasses import replace

from tests.report.conftest import evaluation
from topicsmith.evaluation.results import Comparison
from topicsmith.report.row_power import row_power, row_power_line
from topicsmith.report.view_model import Candidate
from topicsmith.statistics.power import mcnemar_power


def _candidate(name: str, kind: str = "linear", compared: Comparison | None = None) -> Candidate:
    found = evaluation(name, kind, 80, 0.7, 0.9)
    known = {field: getattr(found, field) for field in found.__dataclass_fields__}
    return Candidate(**{**known, "comparison": compared})


def test_power_rests_on_how_often_the_candidates_differ() -> None:
    best, close = _candidate("best"), _candidate("close", compared=Comparison("best", 6, 4, 0.75, 0.75, tied=True))
    floor = _candidate("floor", "majority", Comparison("best", 70, 0, 0.0, 0.0, tied=False))
    found = row_power([best, close, floor])
    assert [(each.rows, each.discordant, each.difference) for each in found] == [
        (100, 0.1, 0.02),
        (100, 0.1, 0.03),
        (100, 0.1, 0.05),
    ]
    assert found[2].power == mcnemar_power(100, 0.1, 0.05)
    assert row_power_line([best, close]).endswith("only one of two is right on 10.0 % of rows, as measured here).")


def test_near_copies_count_once_and_no_pair_says_nothing() -> None:
    best = _candidate("best")
    close = _candidate("close", compared=Comparison("best", 1, 1, 1.0, 1.0, tied=True))
    grouped = replace(close, accuracy=replace(close.accuracy, groups=50))
    assert [(each.rows, each.difference) for each in row_power([best, grouped])] == [(50, 0.02), (50, 0.03)]
    assert row_power([best]) == ()
    assert row_power_line([best]) == ""
