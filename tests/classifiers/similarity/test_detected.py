"""A detector beside a classifier."""

import numpy as np
import pytest

from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.similarity.detected import fuse, surety
from topicsmith.records import Prediction


def test_surety_by_hand() -> None:
    shares = np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])
    found = surety(Predictions((Prediction("a", 0.5), Prediction("a", 1.0)), shares))
    assert found[0] == pytest.approx([np.log(0.5), np.log(0.5 / 0.3)])
    assert found[1] == pytest.approx([0, np.log(1e9)])


def test_without_probabilities_the_confidence_says_how_sure() -> None:
    found = surety(Predictions((Prediction("a", 0.8), Prediction("b"))))
    assert found[0] == pytest.approx([np.log(0.8), np.log(4)])
    assert found[1] == pytest.approx([np.log(0.5), 0])


@pytest.mark.parametrize("labelled", [0, 40])
def test_the_threshold_keeps_what_was_asked_for(labelled: int) -> None:
    rng = np.random.default_rng(2)
    inside, unused, outside = (rng.normal(size=(n, 3)) + shift for n, shift in ((200, 2), (199, 2), (40, 0)))
    fusion = fuse(inside, outside[:labelled], unused, 0.95)
    kept = fusion.log_odds(unused) <= 0
    assert kept.sum() == 199 - 10 + 1  # ten of two hundred may lie below it or at it
    assert fusion.kept == kept.mean() > fusion.bound > 0.9
    assert (fusion.log_odds(outside) > 0).mean() > 0.5


def test_what_tells_nothing_weighs_little() -> None:
    rng = np.random.default_rng(3)
    inside, outside = rng.normal(size=(300, 3)), rng.normal(size=(60, 3))
    inside[:, 0] += 3
    weights = fuse(inside, outside, inside, 0.95).weights
    assert weights[0] > 3 * max(abs(weights[1]), abs(weights[2]))
