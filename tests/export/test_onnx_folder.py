"""When an export is refused, told on made-up answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topicsmith.classifiers.probabilities import predictions
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.evaluation.confidence.saved import SavedCalibration
from topicsmith.export.onnx_folder import OnnxCheck, changed_text, compare, export_onnx, is_export
from topicsmith.export.onnx_folder import _hold as hold
from topicsmith.loading import Classifier
from topicsmith.progress import SilentProgress
from topicsmith.statistics.intervals import wilson


class Answering:
    """Gives each text, a number, as the probability of the first topic, moved where it is not alone."""

    topics = ("a", "b")

    def __init__(self, moved: float = 0.0, in_company: float = 0.0) -> None:
        self.moved, self.in_company = moved, in_company

    def predict(self, texts: Any) -> Any:
        first = np.array([float(text) for text in texts]) + self.moved + self.in_company * (len(texts) > 1)
        return predictions(self.topics, np.stack([first, 1 - first], axis=1))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


TEXTS = ["0.1", "0.49", "0.6", "0.795"]


def checked(exported: Answering, calibration: SavedCalibration | None = None) -> OnnxCheck:
    classifier = Classifier(Answering(), "encoder", Path("m"), calibration)
    return compare(classifier, exported, TEXTS, SilentProgress())  # type: ignore[arg-type]  # it answers, as the real one


def test_what_is_compared() -> None:
    found = checked(Answering(0.02), SavedCalibration(threshold=0.8))
    assert (found.rows, found.changed, found.crossed) == (4, 1, 1)
    assert found.largest == pytest.approx(0.02)
    assert found.alone == 0.0
    assert found.share == wilson(1, 4)
    assert checked(Answering()).crossed is None
    assert checked(Answering(in_company=0.01)).alone == pytest.approx(0.01)
    assert changed_text(found) == "1 of 4 validation rows (25.0 %, 95 %: 4.6 % to 69.9 %)"


def test_beyond_the_limit_it_is_refused() -> None:
    one = checked(Answering(0.02))
    hold("m", one, "int8", 0.25)
    with pytest.raises(ProjectError, match=r"^m: in int8 1 of 4 validation rows .*'--most-changed 24%' allow"):
        hold("m", one, "int8", 0.24)
    with pytest.raises(ProjectError, match=r"^m: in fp32 probabilities differ by up to 2.0e-02 .*, more than 0.0001"):
        hold("m", one, "fp32", 1.0)
    with pytest.raises(ProjectError, match=r"in int8 a text is answered otherwise alone and in company .*1.0e-02"):
        hold("m", checked(Answering(in_company=0.01)), "int8", 1.0)


def test_what_is_not_exported(tmp_path: Path) -> None:
    classifier = Classifier(Answering(), "linear", tmp_path / "m")
    with pytest.raises(ModelFolderError, match="is of the kind 'linear', which has no network for onnxruntime"):
        export_onnx(classifier, TEXTS, tmp_path / "o", "fp32", 0.0, SilentProgress())

    class Traced(Answering):
        def onnx_parts(self) -> Any:
            raise NotImplementedError

    with pytest.raises(ProjectError, match="its run has no validation rows, so the export cannot be checked"):
        export_onnx(Classifier(Traced(), "encoder", tmp_path / "m"), [], tmp_path / "o", "fp32", 0.0, SilentProgress())
    assert not is_export(tmp_path)
    assert list(tmp_path.iterdir()) == []
