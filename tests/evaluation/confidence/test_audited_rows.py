"""Rows a person judged, set beside a candidate's answers."""

import numpy as np

from topicsmith.evaluation.confidence.audited_rows import AuditedRow, audited_rows
from topicsmith.records import Prediction


def test_one_of_near_copies_counts_for_all_and_failures_not_at_all() -> None:
    answers = {
        "a": Prediction("x", 0.9), "b": Prediction("x", 0.8), "c": Prediction("y", 0.7),
        "d": Prediction(None, status="failed"), "e": Prediction("x", 0.6),
    }  # fmt: skip
    audit = {
        "a": AuditedRow("x", 2.0, "near"), "b": AuditedRow("z", 3.0, "near"),
        "c": AuditedRow("x", 1.0), "d": AuditedRow("x", 1.0),
    }  # fmt: skip
    found = audited_rows(answers, audit)
    assert found.everything == (0.9, 0.8, 0.7, None, 0.6)
    assert found.places.tolist() == [0, 2]
    assert found.right.tolist() == [True, False]
    assert found.weights.tolist() == [5.0, 1.0]
    assert np.allclose(found.confidences, [0.9, 0.7])
