"""What a candidate and a classifier are: the door ``topicsmith.candidates``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.sweep_cache import Shared
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.progress import Progress
from topicsmith.project import CandidateSettings
from topicsmith.records import Prediction, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """Answers for a list of texts, in its order.

    ``probabilities`` has shape (texts, topics) in the order of the classifier's ``topics``, rows summing to 1, or
    is ``None`` for kinds that have no probabilities.
    """

    items: tuple[Prediction, ...]
    probabilities: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.items)

    @property
    def topics(self) -> list[str | None]:
        """The topics; ``None`` where the classifier failed."""
        return [item.topic for item in self.items]

    @property
    def confidences(self) -> list[float | None]:
        """The confidences; ``None`` where there is none."""
        return [item.confidence for item in self.items]


class Classifier(Protocol):
    """A candidate that can predict. ``topics`` is the order of the columns of probabilities."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order."""

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order; a text that cannot be answered gets a status, not an exception."""

    def save(self, folder: Path) -> None:
        """Write everything needed to predict into the existing, empty ``folder``; data only, nothing executable."""


@dataclass(frozen=True)
class FitContext:
    """Where and with what a candidate is fitted.

    ``work`` is a folder of the candidate's own that outlives a killed process: checkpoints and job ids go there.
    ``ledger`` is where paid answers are kept; ``group`` the processes that fit the candidate together, ``shared``
    what it has in common with the other members of its sweep.
    """

    taxonomy: Taxonomy
    work: Path
    ledger: Path
    project_folder: Path
    progress: Progress
    group: Group = ALONE
    shared: Shared = field(default_factory=Shared)


class CandidateKind(Protocol):
    """One kind of candidate. The entry point offers an instance.

    Importing it must stay light: heavy libraries are imported inside ``fit`` and ``load``.
    """

    Settings: type[CandidateSettings]

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> Classifier:
        """Learn from ``train``; choose on ``validation`` only."""

    def load(self, folder: Path) -> Classifier:
        """Load what :meth:`Classifier.save` wrote.

        Raises:
            ModelFolderError: when the folder is damaged or not of this kind.
        """


@runtime_checkable
class Checking(Protocol):
    """A kind that can tell from its settings alone that fitting would fail; asked before anything is paid for."""

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look at what needs neither rows nor the network: settings, prompts, folders, libraries, keys.

        Raises:
            UserError: what fitting would raise.
        """
