import numpy as np

from topicsmith.classifiers.base import Predictions
from topicsmith.records import Prediction


def test_topics_and_confidences_are_in_the_order_of_the_texts() -> None:
    found = Predictions((Prediction("a", 0.7), Prediction(None, status="failed")), np.array([[0.7, 0.3], [0.0, 0.0]]))
    assert found.topics == ["a", None]
    assert found.confidences == [0.7, None]
    assert len(found) == 2
    assert [item.status for item in found] == ["ok", "failed"]


def test_predictions_as_a_frame() -> None:
    found = Predictions((Prediction("A", 0.5, subtopic="a1"), Prediction(None, None, "refused"))).to_frame()
    assert found.columns == ["topic", "subtopic", "confidence", "status"]
    assert found.rows() == [("A", "a1", 0.5, "ok"), (None, None, None, "refused")]
    assert Predictions(()).to_frame().height == 0
