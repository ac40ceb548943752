"""A similarity classifier in memory: it answers by today's topics and takes over edits of their file."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.probabilities import predictions
from topicsmith.classifiers.similarity.follow import FollowedFile
from topicsmith.classifiers.similarity.learnt import Learnt, check_width, read_learnt
from topicsmith.classifiers.similarity.snapshot import Snapshot, snapshot
from topicsmith.classifiers.tensors import read_config, write_config
from topicsmith.classifiers.torch_common.hub import check_folder
from topicsmith.errors import ModelFolderError
from topicsmith.json_file import COPY_AGAIN
from topicsmith.taxonomy import Taxonomy, to_document
from topicsmith.taxonomy_file import from_document

if TYPE_CHECKING:
    from topicsmith.classifiers.encoder.sentence_encoder import RememberedVectors, SentenceEncoder

TYPE = "topicsmith-similarity"
ENCODER = "encoder"
_log = logging.getLogger(__name__)


class SimilarityClassifier:
    """What was learnt, and the topics as they stand."""

    def __init__(
        self,
        learnt: Learnt,
        texts: RememberedVectors,
        old_loss: float | None,
        notes: Mapping[str, object],
        followed: Path | None = None,
    ) -> None:
        """Answer by the topics that were learnt, and after :meth:`refresh` by those of the file ``followed``.

        ``texts`` encodes what topics say of themselves, and remembers it.
        """
        self.training_notes, self._learnt, self._texts, self._old_loss = notes, learnt, texts, old_loss
        self._snapshot = snapshot(learnt, learnt.taxonomy, texts.encode, old_loss)
        self._followed = FollowedFile(followed) if followed is not None else None
        self._lock = threading.Lock()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics, in the order of today's taxonomy."""
        return self._snapshot.taxonomy.names

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy that answers are given by."""
        return self._snapshot.taxonomy

    @property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder."""
        return self._texts.encoder

    def update(self, taxonomy: Taxonomy) -> None:
        """Answer by ``taxonomy`` from now on; answers that are being given keep theirs."""
        with self._lock:
            self._snapshot = snapshot(self._learnt, taxonomy, self._texts.encode, self._old_loss)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Topics with probabilities and the version of the taxonomy, all by the same snapshot."""
        now = self._snapshot
        return self._answers(now, self.encoder.encode([plain_text(text) for text in texts]))

    def predict_vectors(self, vectors: Any) -> Predictions:
        """As :meth:`predict`, for vectors that the encoder gave: shape (texts, width)."""
        return self._answers(self._snapshot, vectors)

    def _answers(self, now: Snapshot, vectors: Any) -> Predictions:
        if not len(vectors):
            return Predictions((), now.probabilities(vectors))
        found = predictions(now.taxonomy.names, now.probabilities(vectors))
        items = tuple(replace(item, taxonomy=now.version) for item in found)
        return Predictions(items, found.probabilities)

    def refresh(self) -> None:
        """Take over edits of the taxonomy's file; a file that cannot be read is told of once, in the log."""
        if self._followed is None:
            return
        before = self._followed.problem
        changed = self._followed.changed()
        if self._followed.problem is not None and self._followed.problem != before:
            _log.warning("%s", self._followed.problem)
        if changed is not None and changed.version_digest != self._snapshot.version:
            self.update(changed)

    def save(self, folder: Path) -> None:
        """Write what was learnt, and the encoder in its own folder, so that nothing else is needed."""
        texts = self.encoder.texts
        followed = self._followed.path if self._followed is not None else None
        about = {
            "taxonomy": to_document(self._learnt.taxonomy),
            "encoder": ENCODER,
            "long_texts": texts.long_texts,
            "padding_side": texts.padding.side,
            "old_loss": self._old_loss,
            "follows": os.path.relpath(followed.resolve(), folder.resolve()) if followed is not None else None,
            "learnt": self._learnt.write(folder),
        }
        write_config(folder, TYPE, self._learnt.taxonomy.names, about)
        self.encoder.save(folder / ENCODER)


def load_similarity(folder: Path) -> SimilarityClassifier:
    """Load what :meth:`SimilarityClassifier.save` wrote.

    The taxonomy file that it follows is found where it lay from the folder; without it the saved topics stand.

    Raises:
        ModelFolderError: when something is missing or damaged.
    """
    from topicsmith.classifiers.encoder.sentence_encoder import RememberedVectors, SentenceEncoder

    config = read_config(folder, TYPE)
    learnt_about, long_texts, old_loss = config.get("learnt"), config.get("long_texts"), config.get("old_loss")
    side, follows = config.get("padding_side"), config.get("follows")
    if (
        not isinstance(learnt_about, Mapping)
        or long_texts not in {"head", "head_tail", "windows"}
        or side not in {"right", "left"}
        or not isinstance(old_loss, float | None)
        or not isinstance(follows, str | None)
    ):
        raise ModelFolderError(f"{folder}: config.json is not what was saved; {COPY_AGAIN}")
    learnt = read_learnt(folder, learnt_about, from_document(config.get("taxonomy"), folder))
    check_folder(folder / ENCODER)
    encoder = SentenceEncoder(str(folder / ENCODER), long_texts, side)
    check_width(learnt, encoder.encode([]), folder)
    if follows is not None and Path(follows).is_absolute():
        raise ModelFolderError(f"{folder}: config.json follows '{follows}', which is no relative path; {COPY_AGAIN}")
    followed = (folder.resolve() / follows).resolve() if follows is not None else None
    there = followed if followed is not None and followed.is_file() else None
    return SimilarityClassifier(learnt, RememberedVectors(encoder), old_loss, {}, there)
