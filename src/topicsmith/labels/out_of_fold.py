"""A quick text classifier trained on the rows that are settled, never judging a row it has seen.

It is a further opinion made of nothing but the labels there are: it may decide disputes, as the adjudicator
``local:trained``, weigh in on weighted labels, and point at agreed labels that look wrong.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.statistics.intervals import FloatArray

FOLDS = 5
_SHARPENED_ON = 5000  # rows are enough for one number
_SHARPEST = 5.0  # in logarithms: where every row is right, the loss has no minimum


@dataclass(frozen=True)
class Opinions:
    """What the classifier makes of each text.

    ``probabilities`` has shape (texts, topics); a topic without a settled row has 0. ``known`` says for which texts
    there is an opinion: with fewer than two topics to learn there is none. They are as sharp as makes the settled
    labels likeliest, so that they tell how well the texts foretell the labels, which is not how well they foretell
    the truth.
    """

    probabilities: FloatArray
    known: NDArray[np.bool_]


def out_of_fold(texts: Sequence[str], settled: Sequence[int], topics: int) -> Opinions:
    """Train on settled rows and judge all: settled ones by folds they were not in, the others by all of them.

    Identical texts stand in the same fold. A linear support vector machine per topic on TF-IDF of words and pairs of
    words scores the topics, a softmax makes probabilities of the scores, with one sharpness for all rows: the one with
    the least log loss on the settled rows, each scored out of fold (C. Guo and others 2017, ICML).

    Args:
        texts: One text per row.
        settled: The topic's number per row, or -1 where it is not settled.
        topics: How many topics there are.
    """
    labels = np.asarray(settled, dtype=np.int64)
    scores = np.full((len(texts), topics), -np.inf)
    if len(set(labels[labels >= 0].tolist())) < 2 or not any(re.search(r"\w", text) for text in texts):
        return Opinions(np.zeros((len(texts), topics)), np.zeros(len(texts), dtype=bool))
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  # what a word is
    words = vectorizer.fit_transform(texts)
    folds = np.array([_fold(text) for text in texts])
    folds[labels < 0] = FOLDS
    for fold in range(FOLDS + 1):
        judged = np.flatnonzero(folds == fold)
        learned = np.flatnonzero((labels >= 0) & (folds != fold))
        if len(judged) and len(set(labels[learned].tolist())) >= 2:
            _judge(words, labels, learned, judged, scores)
    known = np.isfinite(scores).any(axis=1)
    return Opinions(_softmax(scores, _sharpness(scores, labels), known), known)


def _judge(
    words: object,
    labels: NDArray[np.int64],
    learned: NDArray[np.int64],
    judged: NDArray[np.int64],
    scores: FloatArray,
) -> None:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=0.3, random_state=13)
    model.fit(words[learned], labels[learned])  # type: ignore[index]  # a sparse matrix of scipy, which has no types
    found = np.asarray(model.decision_function(words[judged]), dtype=np.float64)  # type: ignore[index]  # the same
    if found.ndim == 1:  # of two topics it scores the second only
        found = np.column_stack([-found, found])
    scores[np.ix_(judged, model.classes_)] = found


def _softmax(scores: FloatArray, sharpness: float, known: NDArray[np.bool_]) -> FloatArray:
    """Probabilities of shape (rows, topics); rows that are not ``known``, and topics without a score, have 0."""
    found = np.zeros_like(scores)
    scaled = scores[known] * sharpness
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    found[known] = powers / powers.sum(axis=1, keepdims=True)
    return found


def _sharpness(scores: FloatArray, labels: NDArray[np.int64]) -> float:
    """What to multiply scores with for the least log loss on settled rows, found by halving steps in its logarithm."""
    own = scores[np.arange(len(labels)), labels]
    rows = np.flatnonzero((labels >= 0) & np.isfinite(own))
    if len(rows) == 0:
        return 1.0
    some = rows[:: max(1, len(rows) // _SHARPENED_ON)]
    gaps = scores[some] - own[some, None]

    def loss(log_sharpness: float) -> float:
        scaled = gaps * np.exp(log_sharpness)
        highest = scaled.max(axis=1)
        return float((highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))).mean())

    at, step = 1.0, 1.0
    while step > 0.01:
        at = min((at - step, at, at + step), key=lambda each: (loss(min(each, _SHARPEST)), each))
        step /= 2
    return float(np.exp(min(at, _SHARPEST)))


def _fold(text: str) -> int:
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).digest()[0] % FOLDS
