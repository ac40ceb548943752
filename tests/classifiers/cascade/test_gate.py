"""How probably an answer is right."""

import numpy as np
import pytest

from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.cascade.gate import Gate, calibrated, confidences
from topicsmith.records import Prediction

TOPICS = ("a", "b", "other")
FOUND = Predictions(
    (Prediction("a", 0.6), Prediction("other", 0.5), Prediction(None, status="failed"), Prediction("b")),
    np.array([[0.6, 0.2, 0.2], [0.3, 0.2, 0.5], [0, 0, 0], [0.1, 0.8, 0.1]]),
)


def test_confidences_are_taken_as_they_are_without_a_stated_share() -> None:
    assert confidences(FOUND, TOPICS, "other", 1.0).tolist() == [0.6, 0.5, -1.0, -1.0]
    assert confidences(Predictions(FOUND.items), TOPICS, "other", 4.0).tolist() == [0.6, 0.5, -1.0, -1.0]
    assert confidences(FOUND, TOPICS, None, 4.0).tolist() == [0.6, 0.5, -1.0, -1.0]


def test_other_odds_of_the_catch_all_change_them_by_bayes_rule() -> None:
    found = confidences(FOUND, TOPICS, "other", 4.0)
    assert found[:2] == pytest.approx([0.6 / (0.6 + 0.2 + 4 * 0.2), 4 * 0.5 / (0.5 + 4 * 0.5)])
    assert found[2:].tolist() == [-1.0, -1.0]


def test_the_gate_learns_how_far_a_member_overstates_itself() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(0.3, 0.99, 4000)
    odds = true / (1 - true)
    stated = odds**2 / (1 + odds**2)  # twice the log odds
    gate = calibrated(np.append(stated, -1.0), np.append(rng.random(4000) < true, True), 1.0)
    assert gate.slope == pytest.approx(0.5, abs=0.07)
    assert gate.offset == pytest.approx(0.0, abs=0.15)
    sure = gate.sure(Predictions((Prediction("a", 0.8), Prediction("a", 0.2))), TOPICS, None)
    assert sure[0] == pytest.approx(2 / 3, abs=0.05)
    assert sure[1] < 0.5


def test_all_right_does_not_run_off_and_no_row_leaves_it_as_it_is() -> None:
    gate = calibrated(np.linspace(0.5, 1, 50), np.ones(50, np.bool_), 1.0)
    assert np.isfinite([gate.slope, gate.offset]).all()
    nothing = calibrated(np.zeros(0), np.zeros(0, np.bool_), 1.0)
    assert (nothing.slope, nothing.offset) == pytest.approx((1.0, 0.0), abs=1e-3)
    assert Gate().sure(Predictions((Prediction("a", 0.8), Prediction("a", 1.0))), TOPICS, None) == pytest.approx(
        [0.8, 1]
    )
