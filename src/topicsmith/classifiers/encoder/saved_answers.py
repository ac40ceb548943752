"""Whether a saved classifier answers as the one in memory does."""

import numpy as np

from topicsmith.classifiers.base import FittedModel
from topicsmith.errors import TrainingError

_TOLERANCE = 1e-3  # far above the order of floating-point sums, far below what a lost weight does
_FIRST = "how do i reset it"


def check_saved(trained: FittedModel, saved: FittedModel) -> None:
    """Ask both a few texts of different length.

    Raises:
        TrainingError: when their probabilities differ, so that what was saved is not what was trained and judged.
    """
    texts = [_FIRST, *list(trained.topics)[:3], " ".join([_FIRST, *trained.topics] * 4)]
    first, second = trained.predict(texts).probabilities, saved.predict(texts).probabilities
    assert first is not None
    assert second is not None
    difference = float(np.abs(first - second).max())
    if not difference <= _TOLERANCE:
        raise TrainingError(
            f"the saved classifier answers otherwise than the trained one (probabilities differ by {difference:.3f}), "
            "so its folder is not written: this base model does not survive saving; choose another 'model'"
        )
