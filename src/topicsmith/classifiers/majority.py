"""The floor every candidate must beat: always the most frequent topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from topicsmith.classifiers.base import FitContext, FloatArray, Predictions, Traits
from topicsmith.classifiers.probabilities import predictions
from topicsmith.classifiers.tensors import read_arrays, read_config, topics_of, write_arrays, write_config
from topicsmith.classifiers.training_targets import training_targets
from topicsmith.errors import ModelFolderError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

_TYPE = "topicsmith-majority"
_ARRAYS = "model.safetensors"


class MajoritySettings(CandidateSettings):
    """Nothing to choose."""


@dataclass(frozen=True)
class MajorityClassifier:
    """Answers every text with the shares of the topics among the training rows, shape (topics,)."""

    topics: tuple[str, ...]
    shares: FloatArray

    def predict(self, texts: Sequence[str]) -> Predictions:
        """The most frequent topic for each text; of equals the first in the taxonomy."""
        return predictions(self.topics, np.tile(self.shares, (len(texts), 1)))

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and ``model.safetensors``."""
        write_config(folder, _TYPE, self.topics, {})
        write_arrays(folder / _ARRAYS, {"shares": self.shares})


class _Majority:
    Settings = MajoritySettings
    traits = Traits(
        trained=False,
        updatable=True,
        baseline=True,
        title="most frequent topic",
        limits=("It does not read the text. It is there to be compared with.",),
    )

    def fit(
        self,
        settings: CandidateSettings,
        train: TrainSet,
        validation: ValidationSet,
        context: FitContext,
    ) -> MajorityClassifier:
        """Count the topics."""
        targets = training_targets(train, context, least=1)
        counts = np.bincount(targets.indices, weights=targets.weights, minlength=len(targets.topics))
        return MajorityClassifier(targets.topics, counts / counts.sum())

    def load(self, folder: Path) -> MajorityClassifier:
        """Load what ``save`` wrote."""
        topics = topics_of(read_config(folder, _TYPE), folder)
        shares = read_arrays(folder / _ARRAYS, ["shares"])["shares"]
        if shares.shape != (len(topics),):
            raise ModelFolderError(
                f"{folder}: has {len(topics)} topics and {shares.shape} shares; copy the folder again"
            )
        return MajorityClassifier(topics, shares)


KIND = _Majority()
