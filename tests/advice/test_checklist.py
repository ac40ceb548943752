from collections.abc import Callable
from dataclasses import replace

from topicsmith.advice.checklist import checklist
from topicsmith.advice.inputs import Facts
from topicsmith.costs.cost import CandidateCost, Serving
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.records import Prediction, TestSet
from topicsmith.statistics.intervals import Interval


def test_every_line_is_answered_with_numbers(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    rows = make_rows(["a"] * 100)
    trained = judge("lin", rows, answer(["a"] * 90 + ["b"] * 10))
    prompted = replace(judge("ask", rows, answer(["a"] * 80 + [None] * 20)), kind="prompted", p95_ms=900.0)
    costs = [
        CandidateCost("lin", 26.0, 20.0, Serving("machine", 0.1, 0.1)),
        CandidateCost("ask", 0.0, 0.0, Serving("tokens", 0.56, 0.56)),
    ]
    facts = Facts({"a": 5000, "b": 52}, 0.0, None, {}, {})
    checks = checklist([trained, prompted], costs, TargetSettings(p95_ms=50, per_day=10_000), facts)
    assert [check.holds for check in checks] == [True, False, True, True, True, True, True, True, True]
    said = [check.answer for check in checks]
    assert said[0] == "5,052 training rows."
    assert said[1] == "1 of 2 topics have fewer; the smallest, b, has 52."
    assert said[3] == "ask gave no usable answer on 20 of 100 rows, 20.0 % [13.3, 28.9]."  # Wilson
    assert said[4].startswith("The project wants 50 ms; 95 % of answers come in time from lin (")
    # 46 dollars to start, .46 saved per 1,000: 100,000 texts
    assert said[5] == "lin costs less in all than ask from 100,000 texts on: 10 days at 10,000 a day."
    assert said[6] == (
        "ask reaches 80.0 % [71.1, 86.7] of the agreed rows; "
        "the best trained one, lin, 90.0 % [82.6, 94.5] of the agreed rows."
    )


def test_what_was_not_measured_is_unknown() -> None:
    checks = checklist([], [], TargetSettings(changing_topics=True), Facts({}, None, None, {}, {}))
    assert [check.holds for check in checks] == [None, None, False, None, None, None, None, None, False]


def test_training_that_saves_nothing_never_pays(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    rows = make_rows(["a"] * 100)
    trained = judge("lin", rows, answer(["a"] * 90 + ["b"] * 10))
    prompted = replace(trained, candidate="ask", kind="prompted")
    costs = [
        CandidateCost("lin", 26.0, 20.0, Serving("machine", 0.9, 0.1)),
        CandidateCost("ask", 0.0, 0.0, Serving("tokens", 0.56, 0.56)),
    ]
    facts = Facts({"a": 5000}, 0.0, None, {}, {})
    check = checklist([trained, prompted], costs, TargetSettings(per_day=10), facts)[5]
    assert (check.answer, check.holds) == ("No trained candidate is cheaper per 1,000 than ask: never.", False)
    unpriced = checklist([trained, prompted], [replace(costs[0], serving=None), costs[1]], TargetSettings(), facts)[5]
    assert (unpriced.answer, unpriced.holds) == ("Too few prices are known to say when it pays.", None)


def test_an_audit_stands_for_all_rows(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    rows = make_rows(["a"] * 100)
    prompted = replace(judge("ask", rows, answer(["a"] * 90 + ["b"] * 10)), kind="prompted", truth="labels")
    facts = Facts({"a": 5000}, 0.0, None, {}, {})
    flattering = checklist([prompted], [], TargetSettings(), facts)[6]
    assert (flattering.holds, flattering.answer) == (False, "ask reaches 90.0 % [82.6, 94.5] of the agreed rows.")
    audited = {"ask": Interval(0.8, 0.7, 0.87, 130)}
    honest = checklist([prompted], [], TargetSettings(), facts, audited)[6]
    assert (honest.holds, honest.answer) == (True, "ask reaches 80.0 % [70.0, 87.0] of all rows by the audit.")
