"""The rows a local candidate learns from, as numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.errors import TaxonomyError, TrainingError
from topicsmith.records import TrainSet, ValidationSet

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Targets:
    """Texts with the index of their topic in ``topics``.

    ``copies`` is how often each row stands among the training rows, ``scale`` how much each copy counts, 1 where it is
    not given. In validation rows an index of -1 marks a topic that no training row has.
    """

    topics: tuple[str, ...]
    texts: list[str]
    indices: IntArray
    copies: IntArray
    scale: NDArray[np.float64] | None = None

    @property
    def weights(self) -> NDArray[np.float64]:
        """How much each row counts in all, of shape (texts,)."""
        copies = self.copies.astype(np.float64)
        return copies if self.scale is None else copies * self.scale

    def __len__(self) -> int:
        return len(self.texts)


def training_targets(train: TrainSet, context: FitContext, least: int = 2) -> Targets:
    """The training rows that count, with the topics that have any, in the taxonomy's order.

    Topics without a training row are named to the person: no local candidate can ever answer them.

    Raises:
        TrainingError: when fewer than ``least`` topics have rows.
    """
    rows = [example for example in train if example.copies > 0]
    present = {example.topic for example in rows}
    topics = tuple(name for name in context.taxonomy.names if name in present)
    unknown = sorted(present - set(topics))
    if unknown:
        raise TaxonomyError(f"the training rows have the topic '{unknown[0]}', which is not in the taxonomy; add it")
    if len(topics) < least:
        raise TrainingError(
            f"{len(topics)} of {len(context.taxonomy.names)} topics have training rows, at least {least} are needed; "
            "label more rows or merge topics"
        )
    missing = [name for name in context.taxonomy.names if name not in present]
    if missing:
        context.progress.say(
            f"no training row has: {', '.join(missing)}; it will never be predicted until rows of it are labelled"
        )
    index = {name: position for position, name in enumerate(topics)}
    return Targets(
        topics,
        [plain_text(example.text) for example in rows],
        np.array([index[example.topic] for example in rows], dtype=np.int64),
        np.array([example.copies for example in rows], dtype=np.int64),
        np.array([example.weight for example in rows], dtype=np.float64),
    )


def validation_targets(validation: ValidationSet, topics: tuple[str, ...]) -> Targets:
    """The validation rows, each counting once."""
    index = {name: position for position, name in enumerate(topics)}
    return Targets(
        topics,
        [plain_text(text) for text in validation.texts],
        np.array([index.get(topic, -1) for topic in validation.topics], dtype=np.int64),
        np.ones(len(validation), dtype=np.int64),
    )
