"""Scores from counts per topic.

Everything here is a function of three counts per topic: ``support`` (rows that truly are of it), ``predicted`` (rows
answered with it) and ``correct``. Arrays may have leading axes (bootstrap samples); topics are the last one.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from topicsmith.errors import RunStateError
from topicsmith.evaluation.results import TopicScores
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval


def codes(names: Sequence[str | None], topics: Sequence[str]) -> IntArray:
    """Each name as its position in ``topics``; what is not there, failures included, as ``len(topics)``."""
    position: dict[str | None, int] = {topic: index for index, topic in enumerate(topics)}
    return np.array([position.get(name, len(topics)) for name in names], dtype=np.int64)


def truth_codes(names: Sequence[str], topics: Sequence[str]) -> IntArray:
    """The true topics as positions.

    Raises:
        RunStateError: when a row is of a topic that is not in ``topics``; it could only ever be counted as wrong.
    """
    found = codes(names, topics)
    strangers = [name for name, code in zip(names, found, strict=True) if code == len(topics)]
    if strangers:
        raise RunStateError(
            f"{len(strangers)} rows to judge on have topics that are not in the taxonomy, such as '{strangers[0]}'; "
            "add the topic to the taxonomy or remove the rows"
        )
    return found


def confusion_matrix(truth: IntArray, predicted: IntArray, topics: int) -> IntArray:
    """Counts of shape (topics, topics + 1): true topic by predicted topic, failures in the last column."""
    cells = np.bincount(truth * (topics + 1) + predicted, minlength=topics * (topics + 1))
    return cells.reshape(topics, topics + 1).astype(np.int64)


def counts_by_row(truth: IntArray, predicted: IntArray, topics: int) -> IntArray:
    """What each row adds to support, predicted and correct, side by side: shape (rows, 3 × topics)."""
    columns = np.zeros((len(truth), 3 * topics), dtype=np.int8)
    rows = np.arange(len(truth))
    columns[rows, truth] = 1
    answered = predicted < topics
    columns[rows[answered], topics + predicted[answered]] = 1
    right = truth == predicted
    columns[rows[right], 2 * topics + truth[right]] = 1
    return columns  # type: ignore[return-value]  # small integers, to keep many rows in little memory


def macro_f1(counts: FloatArray) -> FloatArray:
    """The mean F1 over topics that have rows, from sums of :func:`counts_by_row`; shape (m, 3 × topics) to (m,)."""
    support, predicted, correct = np.split(counts, 3, axis=-1)
    return _mean_where(2 * correct / np.maximum(support + predicted, 1), support > 0)


def balanced_accuracy(counts: FloatArray) -> FloatArray:
    """The mean recall over topics that have rows (macro recall is the same figure)."""
    support, _, correct = np.split(counts, 3, axis=-1)
    return _mean_where(correct / np.maximum(support, 1), support > 0)


def macro_precision(counts: FloatArray) -> FloatArray:
    """The mean precision over topics that have rows; a topic never predicted counts as 0, as in scikit-learn."""
    support, predicted, correct = np.split(counts, 3, axis=-1)
    return _mean_where(correct / np.maximum(predicted, 1), support > 0)


def f1_by_topic(counts: FloatArray) -> FloatArray:
    """F1 of every topic, NaN where a sample has neither rows nor predictions of it; shape (m, topics)."""
    support, predicted, correct = np.split(counts, 3, axis=-1)
    either = support + predicted
    scores: FloatArray = np.where(either > 0, 2 * correct / np.maximum(either, 1), np.nan)
    return scores


def topic_scores(counts: IntArray, topics: Sequence[str]) -> tuple[TopicScores, ...]:
    """Precision, recall and F1 of every topic, from the sums of :func:`counts_by_row`."""
    support, predicted, correct = (part.tolist() for part in np.split(counts, 3))
    return tuple(
        TopicScores(
            topic=topic,
            support=s,
            predicted=p,
            correct=c,
            precision=c / p if p else None,
            recall=c / s if s else None,
            f1=2 * c / (s + p) if s + p else 0.0,
        )
        for topic, s, p, c in zip(topics, support, predicted, correct, strict=True)
    )


def f1_interval(score: TopicScores, share: Interval) -> Interval:
    """The interval of a topic's F1, out of that of a share: of the rows involved, how many are right.

    Rows involved are of the topic or answered with it. With p = correct / (support + predicted - correct), F1 =
    2 p / (1 + p), which rises with p.

    >>> from topicsmith.evaluation.results import TopicScores
    >>> from topicsmith.statistics.intervals import wilson
    >>> round(f1_interval(TopicScores("a", 6, 6, 6, 1.0, 1.0, 1.0), wilson(6, 6)).low, 3)
    0.758
    """
    low, high = (2 * p / (1 + p) for p in (share.low, share.high))
    return replace(
        share, value=score.f1, low=low, high=high, n=score.support, method=f"{share.method} of rows involved"
    )


def _mean_where(values: FloatArray, chosen: np.typing.NDArray[np.bool_]) -> FloatArray:
    number = chosen.sum(axis=-1)
    total = np.where(chosen, values, 0.0).sum(axis=-1)
    mean: FloatArray = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return mean
