"""Confidences mended as the run learnt it."""

from dataclasses import replace
from pathlib import Path

import pytest

from topicsmith.errors import ModelFolderError
from topicsmith.evaluation.confidence.calibration import Isotonic, Platt
from topicsmith.evaluation.confidence.measure import Confidence
from topicsmith.evaluation.confidence.saved import SavedCalibration, read_calibration, save_calibration
from topicsmith.statistics.intervals import Interval, wilson

HALF = Platt(0.5, 0.0)
FOUND = Confidence(
    candidate="c", judged_by="truth", method="platt", platt=HALF, isotonic=None, n=10,
    ece_before=Interval(0.1, 0.0, 0.2, 10), ece=Interval(0.05, 0.0, 0.1, 10), ece_if_calibrated=0.03, bins=(),
    wished_error=0.02, threshold=0.8, agreement_threshold=None, assurance=0.95, coverage=0.5, to_person=0.5,
    error=wilson(0, 5), holds_on_test=True, risk_coverage=(),
)  # fmt: skip


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    save_calibration(tmp_path, FOUND)
    assert read_calibration(tmp_path) == SavedCalibration(platt=HALF, wished_error=0.02, threshold=0.8)
    curve = Isotonic((0.0, 1.0), (0.2, 0.6))
    save_calibration(tmp_path, replace(FOUND, platt=None, isotonic=curve, threshold=None, judged_by="annotators"))
    assert read_calibration(tmp_path) == SavedCalibration(isotonic=curve, wished_error=0.02, judged_by="annotators")


def test_a_mending_that_did_not_help_on_test_rows_is_left_out(tmp_path: Path) -> None:
    save_calibration(tmp_path, replace(FOUND, ece=FOUND.ece_before))
    found = read_calibration(tmp_path)
    assert found == SavedCalibration(wished_error=0.02, threshold=0.8)
    assert found is not None
    assert found.apply([0.39]) == pytest.approx([0.39])


def test_a_folder_that_was_not_judged_has_none(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) is None
    (tmp_path / "calibration.json").write_text("{")
    with pytest.raises(ModelFolderError, match=r"calibration\.json: not JSON"):
        read_calibration(tmp_path)


def test_confidences_are_mended_by_hand() -> None:
    # folders of earlier versions have a temperature; at 2 the odds' root is taken: 9 to 1 becomes 3 to 1, 1 to 1 stays
    assert SavedCalibration(temperature=2.0).apply([0.9, 0.5]) == pytest.approx([0.75, 0.5])
    assert SavedCalibration(platt=HALF).apply([0.9, 0.5]) == pytest.approx([0.75, 0.5])
    assert SavedCalibration(isotonic=Isotonic((0.0, 1.0), (0.2, 0.6))).apply([0.5]) == pytest.approx([0.4])
    assert SavedCalibration().apply([0.3, 0.9]) == pytest.approx([0.3, 0.9])
