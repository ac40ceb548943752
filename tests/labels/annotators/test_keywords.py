"""TF-IDF terms, worked out by hand."""

import numpy as np
import pytest

from topicsmith.labels.annotators.keywords import KeywordScorer
from topicsmith.taxonomy import Topic


def test_scores_by_hand() -> None:
    # Words: red, car | red, boat, boat-name. "red" is everybody's and weighs ln 1 = 0; "car" and "boat" weigh ln 2.
    scorer = KeywordScorer([Topic("car", "red"), Topic("boat", "red")])
    scores = scorer.scores(["a red car", "boats and a car", "red", "nothing known"])
    weight = np.log(2)
    assert scores == pytest.approx(np.array([[weight, 0], [weight, weight], [0, 0], [0, 0]]))
    assert scorer.is_nothing(0.0)
    assert not scorer.is_nothing(0.1)


def test_a_topic_without_telling_words_scores_nothing() -> None:
    scorer = KeywordScorer([Topic("car"), Topic("car", "boat")])
    assert scorer.scores(["boat car"])[0, 0] == 0
