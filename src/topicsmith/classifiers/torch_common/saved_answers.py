"""Whether a saved classifier answers as the one in memory does."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.base import Predictions
from topicsmith.errors import TrainingError

EXACT = 1e-3
"""What probabilities may differ by: far above the order of floating-point sums, far below what a lost weight does."""
_FIRST = "how do i reset it"


class Answering(Protocol):
    """What answers texts: a classifier in memory or one that was loaded."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows."""

    def predict(self, texts: list[str], /) -> Predictions:
        """One prediction per text."""


def few_answers(classifier: Answering) -> NDArray[np.float64]:
    """Probabilities of a few texts of different length, shape (texts, topics).

    Where a classifier tells none but its answer's, that stands in the answer's column.
    """
    topics = list(classifier.topics)
    answered = classifier.predict([_FIRST, *topics[:3], " ".join([_FIRST, *topics] * 4)])
    if answered.probabilities is not None:
        return np.asarray(answered.probabilities, dtype=np.float64)
    found = np.zeros((len(answered), len(topics)))
    for row, item in enumerate(answered.items):
        if item.topic is not None:
            found[row, topics.index(item.topic)] = item.confidence
    return found


def compare_answers(
    trained: NDArray[np.float64], saved: NDArray[np.float64], what: str = "saved", tolerance: float = EXACT
) -> None:
    """Hold the :func:`few_answers` of one classifier against another's; ``what`` was done in between.

    Raises:
        TrainingError: when they differ, so that what is saved would not be what was trained and judged.
    """
    difference = float(np.abs(trained - saved).max())
    if not difference <= tolerance:
        raise TrainingError(
            f"the {what} classifier answers otherwise than the trained one (probabilities differ by {difference:.3f}), "
            "so its folder is not written: this base model does not survive saving; choose another 'model'"
        )


def check_saved(trained: Answering, saved: Answering) -> None:
    """Ask both a few texts.

    Raises:
        TrainingError: when their answers differ.
    """
    compare_answers(few_answers(trained), few_answers(saved))
