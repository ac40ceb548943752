"""``local:keywords``: the topic with which a query shares the most telling words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from topicsmith.labels.annotators.topic_terms import document, words
from topicsmith.statistics.intervals import FloatArray
from topicsmith.taxonomy import Topic


class KeywordScorer:
    """TF-IDF over the topics' own words.

    A word that every topic uses says nothing and weighs nothing; a query without a telling word scores 0 everywhere.
    """

    served_model = "tf-idf words"

    def __init__(self, topics: Sequence[Topic]) -> None:
        """Weigh the words of ``topics``."""
        counts = [Counter(words(document(topic))) for topic in topics]
        used_by = Counter(word for count in counts for word in count)
        self._place = {word: index for index, word in enumerate(sorted(used_by))}
        self._rarity = np.array([np.log(len(topics) / used_by[word]) for word in sorted(used_by)])
        weights = np.array([[count[word] for word in sorted(used_by)] for count in counts]) * self._rarity
        self._topics = weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-12)

    def scores(self, texts: Sequence[str]) -> FloatArray:
        """Scores of shape (texts, topics); not negative."""
        counts = np.zeros((len(texts), len(self._place)))
        for row, text in enumerate(texts):
            for word, count in Counter(words(text)).items():
                if word in self._place:
                    counts[row, self._place[word]] = count
        return np.asarray((counts * self._rarity) @ self._topics.T, dtype=np.float64)

    def is_nothing(self, best: float) -> bool:
        """Whether the best score of a query means that it fits nowhere."""
        return best <= 0
