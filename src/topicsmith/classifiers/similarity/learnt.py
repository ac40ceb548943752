"""What training leaves: it never changes, whatever becomes of the topics."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.features import FEATURES
from topicsmith.classifiers.similarity.linear_head import LobedHead, Vectors
from topicsmith.classifiers.similarity.novelty import SCORES, Detector, Familiar
from topicsmith.classifiers.similarity.weights import FOLDS
from topicsmith.classifiers.tensors import read_arrays, write_arrays
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.errors import ModelFolderError
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.taxonomy import Taxonomy

ARRAYS = "learnt.safetensors"
NEVER = -1e9
"""The score of a topic that is not compared."""


@dataclass(frozen=True)
class Learnt:
    """Trained topics are counted as in ``taxonomy``, the catch-all among them.

    ``centre`` (width,) is taken off every vector of a text and ``name_centre`` off those of names, both before they are
    scaled to length one. ``rows`` (rows, width) are the labelled rows, centred and by topic; ``topics`` and ``lobes``
    (rows,) say whose they are, with -1 for the lobe of a row of the catch-all. ``held`` are validation rows with
    ``held_topics``; ``held_scores`` (held, topics) are their scores, by weights that were learnt on other rows.
    ``weights`` (1 + folds, features) are those of :func:`learn_weights`, or without rows where the shipped ones serve.
    """

    taxonomy: Taxonomy
    centre: Vectors
    name_centre: Vectors
    rows: Vectors
    topics: IntArray
    lobes: IntArray
    held: Vectors
    held_topics: IntArray
    held_scores: FloatArray
    head: LobedHead | None
    weights: FloatArray
    detector: Detector | None

    @property
    def catch_all(self) -> int:
        """The index of the catch-all where it is told by the detector, otherwise -1."""
        if self.detector is None or self.taxonomy.catch_all is None:
            return -1
        return self.taxonomy.names.index(self.taxonomy.catch_all)

    @cached_property
    def familiar(self) -> Familiar | None:
        """What the detector compares queries with; worked out once, since distances take all rows."""
        if self.detector is None or self.head is None:
            return None
        inside = self.topics != self.catch_all
        return Familiar.of(self.head, self.rows[inside], self.topics[inside], self.lobes[inside], self.rows[~inside])

    def write(self, folder: Path) -> dict[str, object]:
        """Write the arrays into ``folder``; what is no array is given back, as plain data."""
        arrays: dict[str, Any] = {
            "centre": self.centre,
            "name_centre": self.name_centre,
            "rows": self.rows,
            "topics": self.topics.astype(np.float32),
            "lobes": self.lobes.astype(np.float32),
            "held": self.held,
            "held_topics": self.held_topics.astype(np.float32),
            "held_scores": self.held_scores,
            "weights": self.weights,
        }
        if self.head is not None:
            arrays["head.weights"], arrays["head.intercepts"] = self.head.weights, self.head.intercepts
            arrays["head.owners"] = self.head.owners.astype(np.float32)
        about: dict[str, object] = {"head": self.head is not None, "detector": None}
        if self.detector is not None:
            detector = asdict(self.detector)
            for name in ("means", "spreads", "weights"):
                arrays[f"detector.{name}"] = detector.pop(name)
            about["detector"] = detector
        write_arrays(folder / ARRAYS, arrays)
        return about


@dataclass(frozen=True)
class _DetectorNumbers:
    threshold: float
    way: str
    kept: float
    bound: float


def read_learnt(folder: Path, about: Mapping[str, Any], taxonomy: Taxonomy) -> Learnt:
    """What :meth:`Learnt.write` wrote.

    Raises:
        ModelFolderError: when arrays are missing, damaged, or do not fit each other.
    """
    names = ["centre", "name_centre", "rows", "topics", "lobes", "held", "held_topics", "held_scores", "weights"]
    with_head, numbers = bool(about.get("head")), about.get("detector")
    names += ["head.weights", "head.intercepts", "head.owners"] if with_head else []
    names += ["detector.means", "detector.spreads", "detector.weights"] if numbers is not None else []
    path = folder / ARRAYS
    arrays = read_arrays(path, names)
    shown: dict[str, Vectors] = {name: array.astype(np.float32) for name, array in arrays.items()}
    whole = {name: array.astype(np.int64) for name, array in arrays.items()}
    head = None
    if with_head:
        head = LobedHead(shown["head.weights"], shown["head.intercepts"], whole["head.owners"])
    detector = None
    if numbers is not None:
        known = checked(_DetectorNumbers, numbers, path, ModelFolderError, COPY_AGAIN)
        parts = (arrays["detector.means"], arrays["detector.spreads"], arrays["detector.weights"])
        detector = Detector(*parts, known.threshold, known.way, known.kept, known.bound)
    found = Learnt(
        taxonomy,
        shown["centre"],
        shown["name_centre"],
        shown["rows"],
        whole["topics"],
        whole["lobes"],
        shown["held"],
        whole["held_topics"],
        arrays["held_scores"],
        head,
        arrays["weights"],
        detector,
    )
    _check(found, path)
    return found


def check_width(found: Learnt, vectors: Vectors, folder: Path) -> None:
    """Whether vectors as the encoder in ``folder`` gives them, any number, fit what was learnt.

    Raises:
        ModelFolderError: when they have another width, as those of another encoder may.
    """
    if vectors.shape[1] != len(found.centre):
        raise ModelFolderError(
            f"{folder}: its encoder's vectors have {vectors.shape[1]} numbers, what was learnt has "
            f"{len(found.centre)}; {COPY_AGAIN}"
        )


def _check(found: Learnt, path: Path) -> None:
    topics = len(found.taxonomy.topics)
    fits = found.centre.ndim == 1 and _rows_fit(found, len(found.centre), topics)
    if fits and found.head is not None:
        fits = _head_fits(found.head, len(found.centre), topics) and bool((found.lobes < len(found.head.owners)).all())
    if fits and found.detector is not None:
        numbers = (found.detector.means, found.detector.spreads, found.detector.weights)
        fits = found.head is not None and found.taxonomy.catch_all is not None
        fits = fits and all(each.shape == (len(SCORES),) for each in numbers) and bool((numbers[1] > 0).all())
    if not fits:
        raise ModelFolderError(f"{path}: its arrays do not fit each other; {COPY_AGAIN}")


def _rows_fit(found: Learnt, width: int, topics: int) -> bool:
    rows, held = len(found.rows), len(found.held)
    shapes = [
        found.name_centre.shape == (width,),
        found.rows.shape == (rows, width) and found.topics.shape == found.lobes.shape == (rows,),
        found.held.shape == (held, width) and found.held_topics.shape == (held,),
        found.held_scores.shape == (held, topics),
        found.weights.shape in {(0, len(FEATURES)), (1 + FOLDS, len(FEATURES))},
    ]
    return all(shapes) and all(_below(each, topics) for each in (found.topics, found.held_topics))


def _head_fits(head: LobedHead, width: int, topics: int) -> bool:
    lobes = len(head.weights)
    shapes = [head.weights.shape == (lobes, width), head.intercepts.shape == head.owners.shape == (lobes,)]
    return lobes > 0 and all(shapes) and _below(head.owners, topics)


def _below(indices: IntArray, count: int) -> bool:
    return bool(((indices >= 0) & (indices < count)).all())
