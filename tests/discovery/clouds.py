"""Rows whose clusters are known, because they were made."""

import hashlib
from collections.abc import Sequence

import numpy as np

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.embeddings.store import KeptVectors
from topicsmith.progress import Progress, SilentProgress


def clouds(
    topics: int, rows: int, seed: int = 0, spread: float = 0.35, width: int = 32, scattered: float = 0.0
) -> tuple[Vectors, IntArray]:
    """``rows`` unit vectors around each of ``topics`` random directions, a share of them anywhere."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.standard_normal((topics, width)).astype(np.float32))
    of = np.repeat(np.arange(topics), rows)
    noise = rng.standard_normal((len(of), width)).astype(np.float32) * spread / np.sqrt(width) * 2
    anywhere = rng.random(len(of)) < scattered
    return unit(np.where(anywhere, 0, 1)[:, None] * centres[of] + noise), of.astype(np.int64)


SILENT = SilentProgress()


class CloudTexts(KeptVectors):
    """Texts that lie in clouds: ``word number`` lies around a direction of its word, any other text anywhere."""

    def __init__(self, width: int = 32, spread: float = 0.35) -> None:
        """Read no model."""
        self.width, self.spread = width, spread

    def encode(self, texts: Sequence[str], _progress: Progress = SILENT) -> Vectors:
        """Where they lie, the same for the same text."""
        if not texts:
            return np.zeros((0, self.width), np.float32)
        return unit(np.stack([self._one(text) for text in texts]))

    def _one(self, text: str) -> Vectors:
        word, _, number = text.rpartition(" ")
        noise = self._random(text) * self.spread / np.sqrt(self.width) * 2
        found: Vectors = noise if not number.isdigit() else unit(self._random(word)[None])[0] + noise
        return found

    def _random(self, key: str) -> Vectors:
        rng = np.random.default_rng(list(hashlib.sha256(key.encode()).digest()))
        return rng.standard_normal(self.width).astype(np.float32)


def cloud(word: str, rows: int, start: int = 0) -> list[str]:
    """Texts of one cloud."""
    return [f"{word} {number}" for number in range(start, start + rows)]
