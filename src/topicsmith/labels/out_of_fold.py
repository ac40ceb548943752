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


@dataclass(frozen=True)
class Opinions:
    """What the classifier makes of each text.

    ``probabilities`` has shape (texts, topics); a topic without a settled row has 0. ``known`` says for which texts
    there is an opinion: with fewer than two topics to learn there is none. The numbers rank topics; they are not
    calibrated.
    """

    probabilities: FloatArray
    known: NDArray[np.bool_]


def out_of_fold(texts: Sequence[str], settled: Sequence[int], topics: int) -> Opinions:
    """Train on settled rows and judge all: settled ones by folds they were not in, the others by all of them.

    Identical texts stand in the same fold. TF-IDF of words and pairs of words with complement naive Bayes, which takes
    well to unequal topics and little text (Rennie and others 2003, ICML).

    Args:
        texts: One text per row.
        settled: The topic's number per row, or -1 where it is not settled.
        topics: How many topics there are.
    """
    labels = np.asarray(settled, dtype=np.int64)
    probabilities = np.zeros((len(texts), topics))
    known = np.zeros(len(texts), dtype=bool)
    if len(set(labels[labels >= 0].tolist())) < 2 or not any(re.search(r"\w", text) for text in texts):
        return Opinions(probabilities, known)
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  # what a word is
    words = vectorizer.fit_transform(texts)
    folds = np.array([_fold(text) for text in texts])
    folds[labels < 0] = FOLDS
    for fold in range(FOLDS + 1):
        judged = np.flatnonzero(folds == fold)
        learned = np.flatnonzero((labels >= 0) & (folds != fold))
        if not len(judged) or len(set(labels[learned].tolist())) < 2:
            continue
        _judge(words, labels, learned, judged, probabilities)
        known[judged] = True
    return Opinions(probabilities, known)


def _judge(
    words: object,
    labels: NDArray[np.int64],
    learned: NDArray[np.int64],
    judged: NDArray[np.int64],
    probabilities: FloatArray,
) -> None:
    from sklearn.naive_bayes import ComplementNB

    model = ComplementNB(alpha=0.3)
    model.fit(words[learned], labels[learned])  # type: ignore[index]  # a sparse matrix of scipy, which has no types
    probabilities[np.ix_(judged, model.classes_)] = model.predict_proba(words[judged])  # type: ignore[index]  # the same


def _fold(text: str) -> int:
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).digest()[0] % FOLDS
