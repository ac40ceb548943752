import numpy as np
import orjson
import pytest

from topicsmith.evaluation.confidence.audited_rows import AuditedRow
from topicsmith.evaluation.confidence.measure import confidence_document, measure_confidence
from topicsmith.records import Example, Prediction, TestSet, ValidationSet


def _examples(n: int) -> tuple[Example, ...]:
    return tuple(Example(f"q{i}", "t", "a") for i in range(n))


def _answers(n: int, seed: int) -> dict[str, Prediction]:
    """A boasting classifier: right with probability c * c when it says c."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1.0, n)
    return {f"q{i}": Prediction("a" if rng.random() < c * c else "b", float(c)) for i, c in enumerate(sure)}


def given(n: int) -> TestSet:
    return TestSet(_examples(n), truth="given")


@pytest.mark.parametrize(("rows", "method", "left"), [(290, "platt", 0.45), (3000, "isotonic", 0.2)])
def test_mended_on_validation_measured_on_test(rows: int, method: str, left: float) -> None:
    found = measure_confidence(
        "c", ValidationSet(_examples(rows)), _answers(rows, 1), given(4000), _answers(4000, 2), 0.2
    )
    assert found is not None
    assert found.method == method
    assert found.ece_before.value > 0.1
    assert found.ece.value < left * found.ece_before.value
    assert found.threshold is not None
    assert found.error.value <= 0.2
    assert found.holds_on_test is True
    assert found.coverage + found.to_person == pytest.approx(1)
    assert found.n == 4000


def test_failures_go_to_a_person() -> None:
    answers = {f"q{i}": Prediction("a", 0.9) if i % 2 else Prediction(None, status="failed") for i in range(1000)}
    found = measure_confidence("c", ValidationSet(_examples(1000)), answers, given(1000), answers, 0.02)
    assert found is not None
    assert (found.threshold, found.coverage, found.error.value) == (0.9, 0.5, 0.0)


def test_no_confidences_no_figures() -> None:
    silent = {f"q{i}": Prediction("a") for i in range(5)}
    assert measure_confidence("c", ValidationSet(_examples(5)), silent, TestSet(_examples(5)), silent) is None


def test_without_validation_rows_nothing_is_promised() -> None:
    found = measure_confidence("c", ValidationSet(()), {}, TestSet(_examples(50)), _answers(50, 3))
    assert found is not None
    assert (found.method, found.threshold, found.to_person) == ("none", None, 1.0)
    assert found.ece == found.ece_before
    assert found.holds_on_test is None


def test_a_shift_between_validation_and_test_is_noticed() -> None:
    """Nine tenths of the test rows are of a sort that validation did not have, and confidently wrong."""
    validation = {f"q{i}": Prediction("a", 0.9) for i in range(500)}
    test = {f"q{i}": Prediction("b" if i % 10 else "a", 0.9) for i in range(500)}
    found = measure_confidence("c", ValidationSet(_examples(500)), validation, given(500), test)
    assert found is not None
    assert found.threshold == 0.9
    assert found.holds_on_test is False


def test_document_has_a_curve_and_bins_per_candidate() -> None:
    found = measure_confidence(
        "c", ValidationSet(_examples(300)), _answers(300, 1), TestSet(_examples(300)), _answers(300, 2)
    )
    assert found is not None
    document = orjson.loads(orjson.dumps(confidence_document([found])))
    assert document["calibration"][0]["candidate"] == "c"
    assert set(document["calibration"][0]["bins"][0]) == {"low", "high", "n", "confidence", "accuracy"}
    point = document["risk_coverage"][0]["points"][-1]
    assert point["coverage"] == 1.0
    assert point["risk"]["n"] == 300


def test_against_annotators_labels_nothing_is_promised() -> None:
    found = measure_confidence(
        "c", ValidationSet(_examples(3000)), _answers(3000, 1), TestSet(_examples(3000)), _answers(3000, 2), 0.2
    )
    assert found is not None
    assert (found.judged_by, found.threshold, found.assurance, found.holds_on_test) == ("annotators", None, None, None)
    assert found.agreement_threshold is not None


def test_an_audit_makes_it_a_promise_about_the_truth() -> None:
    answers = _answers(2000, 5)
    audit = {f"q{i}": AuditedRow("b" if i % 40 == 0 else answers[f"q{i}"].topic or "", 5.0) for i in range(0, 2000, 5)}
    found = measure_confidence("c", ValidationSet(()), {}, TestSet(_examples(2000)), answers, 0.2, audit=audit)
    assert found is not None
    assert (found.judged_by, found.n, found.assurance) == ("audit", 400, 0.95)
    assert found.threshold is not None
    assert found.error.value == pytest.approx(0.1, abs=0.04)
    few = dict(list(audit.items())[:29])
    unaudited = measure_confidence("c", ValidationSet(()), {}, TestSet(_examples(2000)), answers, 0.2, audit=few)
    assert unaudited is not None
    assert unaudited.judged_by == "annotators"
